"""Numbers of things in sentences."""

from posemake.core.plural import count_noun


def test_one_thing_stands_in_the_singular():
    assert count_noun(1, "frame") == "1 frame"
    assert count_noun(1, "labelled frame") == "1 labelled frame"


def test_no_thing_and_many_things_stand_in_the_plural():
    assert [count_noun(number, "video") for number in (0, 2)] == ["0 videos", "2 videos"]
    assert count_noun(3, "body", "bodies") == "3 bodies"
