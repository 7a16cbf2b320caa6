"""Summary of the choice of frames of a video (``selection.json``)."""

from dataclasses import asdict, dataclass

from posemake.core.json_files import read_json, write_json
from posemake.core.paths import StrPath


@dataclass(frozen=True)
class Selection:
    """How many frames were chosen, and by what they were compared."""

    asked: int  # frames that were wanted
    chosen: int  # frames that were chosen
    features: str  # features that were compared, as in the settings
    note: str  # sentence about what went otherwise than the settings say, or empty


def read_selection(path: StrPath) -> Selection:
    """Read what `write_selection` wrote."""
    return Selection(**read_json(path))


def write_selection(path: StrPath, selection: Selection) -> None:
    """Write the summary as JSON."""
    write_json(path, asdict(selection))
