"""Faults of the filter steps in the config."""

import pytest

from posemake.config.filter_steps import STEPS
from posemake.config.validation import check_config

LEAST = {"keypoints": ["snout", "tail"], "models": {"small": {}}}


def faults_in(config):
    return check_config(config)[1]


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
    faults = faults_in({**LEAST, "filter": {"steps": steps}})
    assert len(faults) == 1 and faults[0].startswith(sentence) and "\n" not in faults[0], faults


@pytest.mark.parametrize("method", STEPS)
def test_defaults_are_valid(method):
    assert faults_in({**LEAST, "filter": {"steps": [STEPS[method]().model_dump()]}}) == []
    assert faults_in({**LEAST, "filter": {"steps": [{"method": method}]}}) == []


def test_keys_of_a_single_filter_are_none():
    faults = faults_in({**LEAST, "filter": {"window": 5}})
    assert faults == ["filter.window: there is no such key; valid are threshold, steps"]


def test_a_single_keypoint_has_no_body_length():
    least = {**LEAST, "keypoints": ["snout"]}
    body, px = ({**least, "filter": {"steps": [{"method": "speed", "unit": unit}]}} for unit in ("body", "px"))
    assert faults_in(body) == ["filter.steps[0].unit: a single keypoint has no body length; set px"]
    assert faults_in(px) == []
