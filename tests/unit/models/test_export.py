from types import SimpleNamespace

import numpy as np
import pytest

from posemake.core.errors import PosemakeError
from posemake.models import export
from posemake.models.export import EngineTrial, animal_extent, find_device, select_candidate
from posemake.networks.export_info import Agreement, Candidate
from posemake.networks.inputs import ANIMAL_SPAN, Frames


def test_how_much_of_a_frame_an_animal_takes_up():
    xy = np.array([[[0, 0], [10, 30]], [[5, 5], [15, 35]], [[np.nan, np.nan], [900, 0]]], float)
    assert animal_extent(SimpleNamespace(xy=xy), 0.5) == 30
    assert animal_extent(SimpleNamespace(xy=xy[2:]), 0.5) == ANIMAL_SPAN / 0.5 == 120


@pytest.mark.parametrize(
    ("requested", "here", "expected"),
    [("auto", "cpu", "cpu"), ("auto", "mps", "mps"), ("openvino", "cuda", "cpu"), ("torch-fp16", "cuda", "cuda")],
)
def test_a_model_is_exported_for_a_device_that_the_engine_computes_on(monkeypatch, requested, here, expected):
    monkeypatch.setattr(export, "device_kind", lambda: here)
    assert find_device(requested) == expected


def test_an_engine_without_its_device_is_a_sentence(monkeypatch):
    monkeypatch.setattr(export, "device_kind", lambda: "cpu")
    with pytest.raises(
        PosemakeError, match=r"^predict\.engine: torch-fp16 computes on cuda or mps, and there is none here; choose"
    ):
        find_device("torch-fp16")


class OffsetRuntime:
    """Gives all points at a distance from (5, 5)."""

    batch, depth = 2, 0

    def __init__(self, offset):
        self.offset = offset

    def start(self, images):
        points = np.full((len(images), 1, 3), [5.0 + self.offset, 5.0, 0.9], np.float32)
        return lambda: points


def open_engine(engine):
    if engine == "openvino":
        raise OSError("no such library")
    return OffsetRuntime({"torch": 0.0, "onnxruntime": 0.01, "openvino-int8": 2.0}[engine])


@pytest.fixture
def trial():
    frames = Frames(np.zeros((3, 8, 8, 3), np.uint8), np.full((3, 1, 2), 5.0), np.full((3, 1), 2), np.tile(np.eye(3), (3, 1, 1)))
    return EngineTrial(open_engine, frames, 1.0, 0)


def test_engines_are_compared_with_torch(trial):
    for engine in ("onnxruntime", "openvino-int8"):
        trial.add(engine, required=True)
    assert [(candidate.engine, candidate.agrees) for candidate in trial.candidates] == [
        ("torch", True),
        ("onnxruntime", True),
        ("openvino-int8", False),
    ]
    assert trial.candidates[1].agreement.median_px == pytest.approx(0.01, abs=1e-6)
    assert trial.candidates[2].agreement.error_px == pytest.approx(2)


def test_an_engine_that_cannot_be_used_is_noted_or_an_error_if_it_is_required(trial):
    trial.add("openvino", required=False)
    assert trial.candidates[-1] == Candidate("openvino", fault="OSError")
    with pytest.raises(OSError, match="no such library"):
        trial.add("openvino", required=True)


def test_a_requested_engine_that_disagrees_is_a_sentence():
    far = Agreement(median_px=2.0, p95_px=3.0, worst_keypoint_px=2.5, max_px=9.0, error_px=3.0, p95_confidence=0.001)
    candidates = [Candidate("torch", 1.0, agrees=True), Candidate("openvino", 2.0, far)]
    assert select_candidate(candidates, "torch") == "torch" == select_candidate(candidates, "auto")
    with pytest.raises(PosemakeError, match=r"openvino finds other points than torch \(median_px 2, p95_px 3, .*\); choose auto"):
        select_candidate(candidates, "openvino")
