"""Content of ``evaluation.json``: the model, how its errors were measured, calibration and groups."""

from dataclasses import asdict, dataclass
from typing import Any

from posemake.analysis.bootstrap import Comparison
from posemake.analysis.calibration import ReliabilityBin, Threshold
from posemake.config.settings import Evaluate
from posemake.core.json_files import read_json, write_json
from posemake.core.paths import StrPath


@dataclass(frozen=True)
class EvaluatedModel:
    """The model that was evaluated."""

    settings: dict[str, Any]  # of its training, as `Model`
    keypoints: list[str]
    versions: dict[str, str]  # of the libraries that it was trained with
    sha256: str  # of the model file


@dataclass(frozen=True)
class Reference:
    """Reference length of relative errors."""

    keypoints: list[str]  # the two keypoints, or none
    px: dict[str, float]  # length by video


@dataclass(frozen=True)
class Calibration:
    """How far the confidence tells correct points from others, on the validation and test parts."""

    correct_px: float  # a point is correct within so many pixels of its label
    threshold: float  # confidence threshold of the config
    share: float  # share of correct points that the suggested threshold aims at
    bins: list[ReliabilityBin]
    error: float | None  # expected calibration error; None without points
    suggested: Threshold


@dataclass(frozen=True)
class EvaluationSummary:
    """Everything about an evaluation that is not a row of its tables."""

    model: EvaluatedModel
    settings: Evaluate
    reference: Reference
    oks_sigmas: dict[str, float]  # by keypoint
    calibration: Calibration
    groups: dict[str, Comparison]  # by column of the sheet: subject, group


def write_summary(path: StrPath, summary: EvaluationSummary) -> None:
    """Write ``evaluation.json``; figures of bins without points are null there."""
    content = asdict(summary) | {"settings": summary.settings.model_dump()}
    bins = [{name: None if value != value else value for name, value in row.items()} for row in summary.calibration.bins]
    content["calibration"]["bins"] = bins
    write_json(path, content)


def read_summary(path: StrPath) -> EvaluationSummary:
    """Read ``evaluation.json``."""
    content = read_json(path)
    calibration = content["calibration"]
    bins = [{name: float("nan") if value is None else value for name, value in row.items()} for row in calibration["bins"]]
    return EvaluationSummary(
        model=EvaluatedModel(**content["model"]),
        settings=Evaluate(**content["settings"]),
        reference=Reference(**content["reference"]),
        oks_sigmas=content["oks_sigmas"],
        calibration=Calibration(**calibration | {"bins": bins}),
        groups=content["groups"],
    )
