"""Values of the command line arrive as they were typed."""

import pytest
from snakemake.cli import parse_config

from posemake.jobs.typed_options import typed_option

TYPED = [
    "2021_05_03",
    "20210503",
    "0123",
    "1e3",
    "1_2,3_4",
    "nan",
    "null",
    "~",
    "true",
    "True",
    "raw: day 1",
    "raw #2",
    "a-b,c-d",
    "*.mp4",
    "-.5",
    "0x1F",
]


@pytest.mark.parametrize("text", TYPED)
def test_the_text_that_was_typed_arrives(text):
    arguments = ["keypoints=snout", f"videos={text}"]
    assert typed_option("videos", parse_config(arguments), arguments) == text


def test_quotation_marks_do_not_count():
    arguments = ["videos='2021_05_03'"]
    assert typed_option("videos", parse_config(arguments), arguments) == "2021_05_03"


def test_values_that_a_shell_made_of_braces_are_joined():
    arguments = ["videos=raw/1_0.mp4", "videos=raw/1_1.mp4", "keypoints=1_2"]
    assert typed_option("videos", parse_config(arguments), arguments) == "raw/1_0.mp4,raw/1_1.mp4"


def test_lists_are_read_as_yaml():
    arguments = ["keypoints=[snout, 1_2]"]
    assert typed_option("keypoints", parse_config(arguments), arguments) == ["snout", "1_2"]


@pytest.mark.parametrize("arguments", [[], None, ["other=1"], ["videos="]])
def test_what_was_not_typed_is_the_value_of_the_config(arguments):
    assert typed_option("videos", {"videos": "raw"}, arguments) == "raw"
    assert typed_option("videos", {"videos": None}, arguments) == typed_option("videos", {}, arguments) == ""
