"""Paths of files that belong to a round, as ``labels/round-<r>/<video>/<file>``."""

from pathlib import Path
from typing import NamedTuple

from posemake.core.paths import StrPath

PREFIX = "round-"


class RoundFolder(NamedTuple):
    """Folder of one video, or of one model, in one round."""

    round: int
    name: str  # of the video or model


def round_name(number: int) -> str:
    """Return the name of a round's folder, as ``round-0``."""
    return f"{PREFIX}{number}"


def parse_round_folder(folder: StrPath) -> RoundFolder:
    """Return round and name of a folder ``…/round-<r>/<name>``.

    Raises
    ------
    ValueError
        If the path is another one.
    """
    parts = Path(folder).parts
    number = parts[-2].removeprefix(PREFIX) if len(parts) > 1 and parts[-2].startswith(PREFIX) else ""
    if not number.isdecimal():
        raise ValueError(f"{folder}: is no folder of a round, …/{PREFIX}<r>/<name>")
    return RoundFolder(int(number), parts[-1])


def parse_round_path(path: StrPath) -> RoundFolder:
    """Return round and name of the folder of a file ``…/round-<r>/<name>/<file>``; raises as `parse_round_folder`."""
    return parse_round_folder(Path(path).parent)
