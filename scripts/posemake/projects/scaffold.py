"""Files that make a folder a project: the config, from the commented example, and the sheet of videos."""

import csv
import io
import itertools
import json
import os
import re
import shlex
import sys
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import yaml

from posemake.config.validation import check_config, raise_faults
from posemake.config.video_sheet import read_videos
from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.paths import StrPath

WORKFLOW = Path(__file__).resolve().parents[3]  # folder of the Snakefile and the example config
CONFIG, SHEET = Path("config/config.yaml"), Path("config/videos.tsv")


def print_and_log(sentence: str) -> None:
    """Print a sentence for the user, and write it to the log."""
    print(sentence, file=sys.stderr)
    logger.info("%s", sentence)


def snakemake_command(target: str = "", folder: StrPath | None = None, config: Mapping[str, object] | None = None) -> str:
    """Return the command to type for a target.

    Parameters
    ----------
    target
        Target of the workflow; empty for the default one.
    folder
        Folder of the project, by default the current one.
    config
        Values of the config to give on the command line.

    Returns
    -------
    str
        The command, quoted for a shell.
    """
    words = ["snakemake", "-s", shlex.quote(str(WORKFLOW / "Snakefile")), "--directory", shlex.quote(str(folder or Path.cwd()))]
    assignments = [f"{key}={shlex.quote(str(value))}" for key, value in (config or {}).items()]
    return " ".join([*words, *([target] if target else []), *(["--config", *assignments] if assignments else [])])


def unique_id(stem: str, taken: Iterable[str], fallback: str = "video") -> str:
    """Return an id for the sheet: the stem with valid characters only, and with a number if another video has that id.

    Letters lose their accents. Ids that differ only in case count as the same, because folders are named after them.

    Parameters
    ----------
    stem
        Name of the video's file without its ending.
    taken
        Ids of other videos.
    fallback
        Id if the stem has no valid character.
    """
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    base = re.sub(r"[^A-Za-z0-9_.-]+", "_", plain).strip("_.-") or fallback
    known = {other.lower() for other in taken}
    names = itertools.chain([base], (f"{base}_{number}" for number in itertools.count(2)))
    return next(name for name in names if name.lower() not in known)


def path_in_sheet(path: StrPath) -> str:
    """Return a video's path as the sheet states it: relative if it lies in this folder, otherwise absolute."""
    absolute, here = Path(os.path.abspath(path)), Path.cwd()
    # a link inside the project stays as it is; a link that leads to the project is resolved
    candidates = (absolute, absolute.parent.resolve() / absolute.name)
    return next((str(candidate.relative_to(here)) for candidate in candidates if candidate.is_relative_to(here)), str(absolute))


def _yaml_string(name: str) -> str:
    """Return a string as YAML, in quotes only where they are needed: a keypoint called ``no`` would otherwise be false."""
    return name if re.fullmatch(r"[A-Za-z_][\w-]*", name) and yaml.safe_load(name) == name else json.dumps(name)


def _replace_list(text: str, key: str, items: list[str]) -> str:
    """Replace the list under a key at the top level of a YAML text; comments before that key and the next one stay.

    Parameters
    ----------
    text
        The YAML text.
    key
        Key at the top level.
    items
        New items, as YAML.

    Returns
    -------
    str
        The new text.
    """
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if re.match(rf"{key}\s*:", line)]
    if len(starts) != 1:
        raise PosemakeError(f"{WORKFLOW / CONFIG}: the key {key!r} must occur once in the example config; restore the file")
    end = next((number for number in range(starts[0] + 1, len(lines)) if re.match(r"\w", lines[number])), len(lines))
    while re.match(r"#|\s*$", lines[end - 1]):  # these lines belong to the next key
        end -= 1
    new = [f"{key}:", *(f"  - {item}" for item in items)] if items else [f"{key}: []"]
    return "\n".join([*lines[: starts[0]], *new, *lines[end:]]) + "\n"


def config_text(keypoints: Sequence[str], skeleton: Sequence[Sequence[str]]) -> str:
    """Return the example config, with its comments, for other keypoints and another skeleton.

    Raises
    ------
    PosemakeError
        If the example is missing or damaged, or if the result is not a valid config; the message names the fault.
    """
    example = WORKFLOW / CONFIG
    if not example.is_file():
        raise PosemakeError(f"{example}: the example config is missing; restore the file")
    text = example.read_text(encoding="utf-8")
    text = _replace_list(text, "keypoints", [_yaml_string(name) for name in keypoints])
    text = _replace_list(text, "skeleton", [f"[{_yaml_string(a)}, {_yaml_string(b)}]" for a, b in skeleton])
    # the example may have become somebody's own project
    text = re.sub(r"(?m)^videos:.*", f"videos: {SHEET}", text)
    text = re.sub(r"(?m)^active_round:.*", "active_round: 0", text)
    config = yaml.safe_load(text)
    raise_faults(check_config(config)[1])
    if (config["keypoints"], config["skeleton"]) != (list(keypoints), [list(edge) for edge in skeleton]):
        raise PosemakeError(f"{example}: its keypoints and skeleton could not be replaced; restore the file")
    return text


def sheet_text(rows: Sequence[dict[str, str]]) -> str:
    """Return the sheet of videos from rows, which hold cells by column.

    Raises
    ------
    PosemakeError
        If the sheet has a fault, or a path would not be read back as it is.
    """
    columns = list(dict.fromkeys(["video", "path", "use", *(column for row in rows for column in row)]))
    text = io.StringIO()
    out = csv.writer(text, delimiter="\t", lineterminator="\n")
    out.writerows([columns, *([row.get(column, "") for column in columns] for row in rows)])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / SHEET.name
        file.write_text(text.getvalue(), encoding="utf-8")
        videos, faults = read_videos(file)
        raise_faults([fault.replace(str(file), str(SHEET)) for fault in faults])
    for row in rows:
        if (videos[row["video"]].path or "") != row.get("path", ""):
            raise PosemakeError(
                f"{row['path']!r}: the sheet cannot hold a path that begins or ends with a space; rename the file"
            )
    return text.getvalue()


def refuse_existing_project(*more: StrPath) -> None:
    """Raise an error if this folder is a project already.

    Parameters
    ----------
    *more
        Files and folders beside config and sheet that must not exist; an empty folder is accepted.

    Raises
    ------
    PosemakeError
        If one of them exists; the message names it.
    """
    paths = [Path(path) for path in (CONFIG, SHEET, *more)]
    existing = [str(path) for path in paths if path.is_file() or (path.is_dir() and any(path.iterdir()))]
    if existing:
        raise PosemakeError(
            f"{Path.cwd()}: this folder is a project already, and nothing was changed (it has {' and '.join(existing)}); "
            "make the new project in another folder with --directory"
        )


def write_project(config: str, sheet: str) -> None:
    """Write config and sheet, neither of which exists yet.

    The config is written last, because it is what makes the folder a project. After an error, none of the two is left.

    Raises
    ------
    PosemakeError
        If one of them exists.
    """
    refuse_existing_project()
    CONFIG.parent.mkdir(exist_ok=True)
    written = []
    try:
        for path, text in ((SHEET, sheet), (CONFIG, config)):
            with open(path, "x", encoding="utf-8") as file:
                written.append(path)
                file.write(text)
    except BaseException as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            raise PosemakeError(f"{error.filename}: was written by somebody else in the meantime; nothing was changed") from error
        raise
