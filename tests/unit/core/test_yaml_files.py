"""Reading of YAML files."""

import re

import pytest

from posemake.core.errors import PosemakeError
from posemake.core.yaml_files import parse_yaml, read_yaml


@pytest.mark.parametrize("text, line", [("a: 1\nb: [1, 2\nc: 3\n", 3), ("a: 1\n\tb: 2\n", 2), ("a: b: c\n", 1)])
def test_yaml_that_does_not_parse_is_told_with_its_line(tmp_path, text, line):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(PosemakeError, match=rf"^{re.escape(str(path))}, line {line}, column \d+: this is not YAML"):
        read_yaml(path)


def test_yaml_that_is_not_there_is_told_with_its_name(tmp_path):
    with pytest.raises(PosemakeError, match=r"none.yaml: cannot be read"):
        read_yaml(tmp_path / "none.yaml")


def test_yaml_makes_plain_values_only(tmp_path):
    (tmp_path / "a.yaml").write_text("a: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(PosemakeError, match="not YAML"):
        read_yaml(tmp_path / "a.yaml")


def test_values_can_be_read_as_they_were_typed():
    text = "a: [on, no, 1_2, 1e3, 2020-01-01, 12:30, ~, 'yes', 0x1F]\nno: {on: }\n"
    assert parse_yaml("x.yaml", text, as_typed=True) == {
        "a": ["on", "no", "1_2", "1e3", "2020-01-01", "12:30", "~", "yes", "0x1F"],
        "no": {"on": ""},
    }
    with pytest.raises(PosemakeError, match=r"x.yaml, line 2, column 1: this is not YAML"):
        parse_yaml("x.yaml", "a: [\n", as_typed=True)
