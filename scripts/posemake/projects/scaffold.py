"""The files that make a folder a project: the config, from the commented example, and the sheet of videos."""

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
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from posemake.config.validation import config_faults, raise_faults
from posemake.config.video_sheet import read_videos
from posemake.core.errors import PosemakeError
from posemake.core.log import logger
from posemake.core.yaml_files import read_yaml

HOME = Path(__file__).resolve().parents[3]  # of posemake: its Snakefile, its example, its schemas
VIDEO_ENDINGS = (".mp4", ".avi", ".mov", ".mkv", ".m4v", ".mpg", ".mpeg", ".wmv", ".webm", ".mts", ".m2ts", ".ts", ".mjpeg")
CONFIG, SHEET = Path("config/config.yaml"), Path("config/videos.tsv")


def tell(sentence: str) -> None:
    """Say something to the person, and keep it in the log."""
    print(sentence, file=sys.stderr)
    logger.info("%s", sentence)


def command(target: str = "", folder: str | Path | None = None, **values: Any) -> str:
    """The command to type for a target, with its ``--config`` values."""
    words = ["snakemake", "-s", shlex.quote(str(HOME / "Snakefile")), "--directory", shlex.quote(str(folder or Path.cwd()))]
    given = [f"{key}={shlex.quote(str(value))}" for key, value in values.items()]
    return " ".join([*words, *([target] if target else []), *(["--config", *given] if given else [])])


def free_id(stem: str, taken: Iterable[str]) -> str:
    """An id for the sheet: the stem in the letters that are allowed there, with a number where it is taken.

    Letters lose their accents; ids that differ in case only count as the same, as they are folders.
    """
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    base = re.sub(r"[^A-Za-z0-9_.-]+", "_", plain).strip("_.-") or "video"
    known = {other.lower() for other in taken}
    names = itertools.chain([base], (f"{base}_{number}" for number in itertools.count(2)))
    return next(name for name in names if name.lower() not in known)


def sheet_path(path: str | Path) -> str:
    """A video's path as the sheet holds it: relative where it lies under this folder, else absolute."""
    absolute, here = Path(os.path.abspath(path)), Path.cwd()
    # a link inside the project stays a path inside; a detour through a link to the project is taken out
    forms = (absolute, absolute.parent.resolve() / absolute.name)
    return next((str(form.relative_to(here)) for form in forms if form.is_relative_to(here)), str(absolute))


def _scalar(name: str) -> str:
    """A string as YAML reads it back, in quotes only where it must be: ``no`` is a keypoint, not a falsehood."""
    return name if re.fullmatch(r"[A-Za-z_][\w-]*", name) and yaml.safe_load(name) == name else json.dumps(name)


def _with_list(text: str, key: str, items: list[str]) -> str:
    """A YAML text with the list under a key of the top level replaced; all comments that stand before a key stay."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if re.match(rf"{key}\s*:", line)]
    if len(starts) != 1:
        raise PosemakeError(f"{HOME / CONFIG}: the example should have the key {key!r} once; restore the file")
    end = next((number for number in range(starts[0] + 1, len(lines)) if re.match(r"\w", lines[number])), len(lines))
    while re.match(r"#|\s*$", lines[end - 1]):  # what stands before the next key belongs to that
        end -= 1
    new = [f"{key}:", *(f"  - {item}" for item in items)] if items else [f"{key}: []"]
    return "\n".join([*lines[: starts[0]], *new, *lines[end:]]) + "\n"


def config_text(keypoints: list[str], skeleton: list[list[str]]) -> str:
    """The example config with other keypoints and another skeleton, and all its comments.

    Raises PosemakeError if the result is no valid config, naming the fault.
    """
    example = HOME / CONFIG
    if not example.is_file():
        raise PosemakeError(f"{example}: the example config is missing; restore the file")
    text = example.read_text(encoding="utf-8")
    text = _with_list(text, "keypoints", [_scalar(name) for name in keypoints])
    text = _with_list(text, "skeleton", [f"[{_scalar(a)}, {_scalar(b)}]" for a, b in skeleton])
    # the example may have grown into somebody's own project
    text = re.sub(r"(?m)^videos:.*", f"videos: {SHEET}", text)
    text = re.sub(r"(?m)^active_round:.*", "active_round: 0", text)
    config = yaml.safe_load(text)
    raise_faults(config_faults(config, read_yaml(HOME / "config/schemas/config.schema.yaml")))
    if (config["keypoints"], config["skeleton"]) != (keypoints, [list(edge) for edge in skeleton]):
        raise PosemakeError(f"{example}: its keypoints and skeleton could not be replaced; restore the file")
    return text


def sheet_text(rows: list[dict[str, str]]) -> str:
    """The sheet of videos: a row for each of ``rows``, which hold cells by column.

    Raises PosemakeError if it is not read back as it was given.
    """
    columns = list(dict.fromkeys(["video", "path", "use", *(column for row in rows for column in row)]))
    text = io.StringIO()
    out = csv.writer(text, delimiter="\t", lineterminator="\n")
    out.writerows([columns, *([row.get(column, "") for column in columns] for row in rows)])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / SHEET.name
        file.write_text(text.getvalue(), encoding="utf-8")
        videos, faults = read_videos(file, read_yaml(HOME / "config/schemas/videos.schema.yaml"))
        raise_faults([fault.replace(str(file), str(SHEET)) for fault in faults])
    for row in rows:
        if (videos[row["video"]]["path"] or "") != row.get("path", ""):
            raise PosemakeError(f"{row['path']!r}: a path with spaces at its ends cannot stand in the sheet; rename the file")
    return text.getvalue()


def refuse_existing(*more: str | Path) -> None:
    """Refuse to make a project where there is one.

    Raises PosemakeError that names what is there of config, sheet and ``more``; an empty folder does not count.
    """
    there = [str(path) for path in map(Path, (CONFIG, SHEET, *more)) if path.is_file() or (path.is_dir() and any(path.iterdir()))]
    if there:
        raise PosemakeError(
            f"{Path.cwd()}: is a project already, nothing was changed ({' and '.join(there)} exist and are yours); "
            "make the new one in another folder with --directory"
        )


def write_project(config: str, sheet: str) -> None:
    """Write config and sheet, which no project has yet; the config last, as it is what makes the folder a project.

    Raises PosemakeError if one of them exists. Then nothing is written.
    """
    refuse_existing()
    CONFIG.parent.mkdir(exist_ok=True)
    made = []
    try:
        for path, text in ((SHEET, sheet), (CONFIG, config)):
            with open(path, "x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except BaseException as error:
        for path in made:
            path.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            raise PosemakeError(f"{error.filename}: exists by now, it was made while this ran; nothing was changed") from error
        raise
