"""The steps of the filter in config, schema and manual."""

import dataclasses
import re

import pytest
import yaml
from fixtures.helpers import ROOT

from posemake.config import settings
from posemake.config.filter_steps import STEPS
from posemake.config.validation import config_faults
from posemake.core.yaml_files import read_yaml

SCHEMA = read_yaml(ROOT / "config/schemas/config.schema.yaml")
LEAST = {"keypoints": ["snout", "tail"], "models": {"small": {}}}


def keys(kind):
    return {field.name for field in dataclasses.fields(kind)}


def of_steps():
    """Keys of each method of the filter in the schema."""
    steps = SCHEMA["properties"]["filter"]["properties"]["steps"]["items"]
    assert steps["properties"]["method"]["enum"] == list(STEPS)
    return {part["if"]["properties"]["method"]["const"]: part["then"]["properties"] for part in steps["allOf"]}


def test_every_step_of_the_filter_is_in_the_schema():
    assert {method: set(properties) for method, properties in of_steps().items()} == {m: keys(STEPS[m]) for m in STEPS}


def test_every_step_of_the_filter_is_shown_in_the_config_of_the_repository():
    text = (ROOT / "config/config.yaml").read_text().split("# From raw to clean tracks.")[1].split("\n\n")[0]
    text = re.sub(r"(?m)^    # (?=- |  \w+: )", "    ", text)  # those that are commented out
    shown = yaml.safe_load(text)["filter"]["steps"]
    assert sorted(step["method"] for step in shown) == sorted(STEPS)
    for step in shown:
        assert set(step) == keys(STEPS[step["method"]]) and settings.make(STEPS[step["method"]], step) == STEPS[step["method"]]()


def test_the_manual_has_a_row_for_each_key_of_a_step():
    manual = (ROOT / "config/README.md").read_text()
    for method, properties in of_steps().items():
        assert f"| `{method}` |" in manual
        for key in set(properties) - {"method"}:
            assert re.search(rf"(?m)^\| (`[a-z._]+`, )?`{method}\.{key}`", manual), f"{method}.{key}"


@pytest.mark.parametrize(
    "steps, sentence",
    [
        ("median", "filter.steps: 'median' is not of the type array"),
        (["median"], "filter.steps[0]: 'median' is not of the type object"),
        ([{"window": 5}], "filter.steps[0].method: the key is missing"),
        ([{"method": "medain"}], "filter.steps[0].method: 'medain' is not valid; did you mean 'median'?"),
        (
            [{"method": "confidence"}, {"method": "median", "windw": 5}],
            "filter.steps[1].windw: there is no such key; did you mean 'window'?",
        ),
        (
            [{"method": "confidence", "window": 5}],
            "filter.steps[0].window: there is no such key; valid are method",
        ),
        ([{"method": "median", "window": 4}], "filter.steps[0].window: 4: a window has an odd number of frames"),
        ([{"method": "median", "window": "5"}], "filter.steps[0].window: '5' is not of the type integer"),
        ([{"method": "speed", "unit": "mm"}], "filter.steps[0].unit: 'mm' is not valid; valid are body, px"),
        ([{"method": "kalman", "process": 0}], "filter.steps[0].process: 0 is less than the minimum"),
        (
            [{"method": "savgol", "polyorder": 7}],
            "filter.steps[0].polyorder: 7 must be less than window, which is 7",
        ),  # by default
    ],
)
def test_each_fault_of_a_step_names_its_place(steps, sentence):
    faults = config_faults({**LEAST, "filter": {"steps": steps}}, SCHEMA)
    assert len(faults) == 1 and faults[0].startswith(sentence) and "\n" not in faults[0], faults


@pytest.mark.parametrize("method", STEPS)
def test_defaults_are_valid(method):
    assert config_faults({**LEAST, "filter": {"steps": [vars(STEPS[method]())]}}, SCHEMA) == []
    assert config_faults({**LEAST, "filter": {"steps": [{"method": method}]}}, SCHEMA) == []


def test_keys_of_a_single_filter_are_none():
    faults = config_faults({**LEAST, "filter": {"window": 5}}, SCHEMA)
    assert faults == ["filter.window: there is no such key; valid are threshold, steps"]


def test_a_single_keypoint_has_no_body_length():
    least = {**LEAST, "keypoints": ["snout"]}
    body, px = ({**least, "filter": {"steps": [{"method": "speed", "unit": unit}]}} for unit in ("body", "px"))
    assert config_faults(body, SCHEMA) == ["filter.steps[0].unit: a single keypoint has no body length; set px"]
    assert config_faults(px, SCHEMA) == []
