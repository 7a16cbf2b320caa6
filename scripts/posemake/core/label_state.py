"""State of the labels of a round: what is labelled, and which frames still wait for a person."""

from dataclasses import asdict, dataclass, field

from posemake.core.json_files import read_json, write_json
from posemake.core.paths import StrPath


@dataclass(frozen=True)
class LabelState:
    """Numbers of frames."""

    chosen: int  # frames that were chosen for labelling
    labelled: int
    open: dict[str, int] = field(default_factory=dict)  # frames that wait for labels, by video; without videos that have none


def read_label_state(path: StrPath) -> LabelState:
    """Read a state that `write_label_state` wrote."""
    return LabelState(**read_json(path))


def write_label_state(path: StrPath, state: LabelState) -> None:
    """Write a state as JSON."""
    write_json(path, asdict(state))
