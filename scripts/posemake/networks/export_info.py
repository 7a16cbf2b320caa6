"""How an exported model is computed: the content of engine.json."""

from dataclasses import asdict, dataclass, field
from typing import Any

from posemake.core.json_files import read_json, write_json
from posemake.core.paths import StrPath


@dataclass(frozen=True)
class Agreement:
    """Distances of an engine's points to those of torch, and their error, in pixels of the frame."""

    median_px: float
    p95_px: float  # 95th percentile
    worst_keypoint_px: float  # greatest median of a keypoint
    max_px: float
    error_px: float  # mean distance to the labels
    p95_confidence: float  # 95th percentile of the difference in confidence


@dataclass(frozen=True)
class Candidate:
    """An engine that a model was tried with."""

    engine: str
    fps: float | None = None  # frames per second
    agreement: Agreement | None = None
    agrees: bool = False  # the agreement is within the bounds of the engine's precision
    fault: str | None = None  # name of the error, where the engine cannot be used

    def row(self) -> dict[str, Any]:
        """Return a flat dictionary of what is known."""
        if self.agreement is None:
            return {"engine": self.engine, "fault": self.fault}
        return {"engine": self.engine, "fps": self.fps, **asdict(self.agreement), "agrees": self.agrees}


@dataclass(frozen=True)
class ComparedFrames:
    """Frames that engines were compared on."""

    part: str  # of the split
    frames: int
    height: int  # of the network's input in pixels
    width: int


@dataclass(frozen=True)
class ExportInfo:
    """How a model is computed, as `export_model` decided, and why."""

    engine: str  # of `runtimes.ENGINES`
    device: str  # kind: cpu, cuda or mps
    requested: str  # what the config asks for: an engine, or `auto`
    keypoints: tuple[str, ...]
    scale: float  # size of the network's input over that of the frame
    multiple: int  # divisor of the input's width and height
    extent: float  # pixels of the frame between the sides of an animal's bounding box
    candidates: list[dict[str, Any]] = field(default_factory=list)  # rows of `Candidate`
    compared_on: ComparedFrames | None = None
    threads: int = 0  # of the CPU; 0 is all cores
    weights_sha256: str = ""
    settings: dict[str, Any] = field(default_factory=dict)  # of the model
    trained_with: dict[str, str] = field(default_factory=dict)  # versions of packages
    versions: dict[str, str] = field(default_factory=dict)  # of the packages that exported it

    def write(self, path: StrPath) -> None:
        """Write engine.json."""
        write_json(path, asdict(self))

    @classmethod
    def read(cls, path: StrPath) -> "ExportInfo":
        """Read engine.json."""
        content = read_json(path)
        frames = content.pop("compared_on")
        return cls(
            **content | {"keypoints": tuple(content["keypoints"])},
            compared_on=None if frames is None else ComparedFrames(**frames),
        )
