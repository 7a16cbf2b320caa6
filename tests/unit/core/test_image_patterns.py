"""Numbered patterns of images."""

from posemake.core.image_patterns import is_image_pattern, watched_path


def test_what_a_pattern_is(tmp_path):
    (tmp_path / "50%d.mp4").touch()
    patterns = ["img%04d.png", "img%d.png", "gone/frame_%03d.tif", "%d"]
    others = ["img.png", "50%d.mp4", "100%.mp4", "a%04d/img.png", "100%s.png", ""]
    assert [name for name in patterns + others if is_image_pattern(tmp_path / name)] == patterns


def test_what_is_watched_of_a_video(tmp_path):
    (tmp_path / "images").mkdir()
    assert watched_path(tmp_path / "a.mp4") == tmp_path / "a.mp4"
    assert watched_path(tmp_path / "images") == tmp_path / "images" == watched_path(tmp_path / "images" / "img%04d.png")
    assert str(watched_path("img%04d.png")) == "."
