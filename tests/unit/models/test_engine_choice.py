import numpy as np
import pytest

from posemake.models.engine_choice import agrees, choose_engine, compare_points
from posemake.networks.export_info import Candidate


def candidate(engine, fps, agrees=True):
    return Candidate(engine, fps, agrees=agrees)


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ([candidate("torch", 10), candidate("openvino", 20), candidate("onnxruntime", 15)], "openvino"),
        ([candidate("torch", 10), candidate("openvino", 20, False)], "torch"),
        ([candidate("torch", 10), candidate("openvino", 20), candidate("openvino-int8", 60)], "openvino-int8"),
        (
            [
                candidate("torch", 10),
                candidate("openvino", 20),
                candidate("openvino-int8", 60, False),
                candidate("openvino-bf16", 30),
            ],
            "openvino-bf16",
        ),
        # not worth the lost precision
        ([candidate("torch", 10), candidate("openvino", 20), candidate("openvino-int8", 24)], "openvino"),
        ([candidate("torch", 10), Candidate("openvino", fault="not here")], "torch"),
    ],
)
def test_the_fastest_that_agrees_is_chosen(candidates, expected):
    assert choose_engine(candidates) == expected


def test_agreement_is_judged_where_there_are_labels():
    reference = np.zeros((50, 2, 3))
    points, labels = reference.copy(), np.zeros((50, 2, 2))
    points[:, 1, 0], labels[:, 1] = 40.0, np.nan  # a keypoint without labels
    points[:, 0, 0] = 0.02
    agreement = compare_points(points, reference, labels, 0.5)
    assert agreement.median_px == pytest.approx(0.04) and agreement.error_px == pytest.approx(0.04)
    assert agrees("openvino", agreement)
    points[:, 0, 0] = 0.1
    agreement = compare_points(points, reference, labels, 0.5)
    assert not agrees("openvino", agreement) and agrees("openvino-int8", agreement)
    points[:5, 0, 0] = 2.0  # a tenth of the points are far off
    assert not agrees("openvino-int8", compare_points(points, reference, labels, 0.5))


@pytest.mark.parametrize(("what", "value"), [("x", 300.0), ("confidence", -0.4)])
def test_one_wrong_keypoint_of_many_or_another_confidence_is_no_agreement(what, value):
    reference, labels = np.full((32, 25, 3), 0.9), np.zeros((32, 25, 2))
    points = reference.copy()
    assert agrees("openvino", compare_points(points, reference, labels, 0.5))
    if what == "x":
        points[:, 7, 0] += value
    else:
        points[..., 2] += value
    assert not agrees("openvino-int8", compare_points(points, reference, labels, 0.5))
