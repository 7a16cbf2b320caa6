"""The stage that makes a folder a project: its config, from the commented example, and its sheet of videos."""

import csv
import glob
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

from posemake.log import PosemakeError, logger
from posemake.sheets import config_faults, nearest, raise_faults, read_videos, read_yaml

HOME = Path(__file__).resolve().parents[2]  # of posemake: its Snakefile, its example, its schemas
CONFIG, SHEET = Path("config/config.yaml"), Path("config/videos.tsv")
VIDEO_ENDINGS = (".mp4", ".avi", ".mov", ".mkv", ".m4v", ".mpg", ".mpeg", ".wmv", ".webm", ".mts", ".m2ts", ".ts", ".mjpeg")
EXAMPLE = {"videos": "raw/*.mp4", "keypoints": "snout,left_ear,tail_base", "skeleton": "snout-left_ear,left_ear-tail_base"}


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
    end = starts[0] + 1
    while end < len(lines) and re.match(r"\s+\S|-\s|\]", lines[end]):
        end += 1
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


def _items(given: Any) -> list[Any]:
    """Items of a comma-separated text or of a YAML list."""
    if isinstance(given, (list, tuple)):
        return [item if isinstance(item, list) else str(item).strip() for item in given]
    return [item.strip() for item in str(given).split(",") if item.strip()]


def find_videos(given: Any) -> list[Path]:
    """Files of a glob, of a folder, or of a list of these, each once.

    Raises PosemakeError if an item leads to no video.
    """
    whole = isinstance(given, str) and os.path.exists(os.path.expanduser(given))  # a name may have a comma
    found: dict[Path, Path] = {}
    for item in [given] if whole else _items(given):
        pattern = os.path.expanduser(str(item))
        if os.path.isfile(pattern):
            files = [pattern]
        else:
            inside = os.path.join(glob.escape(pattern), "*") if os.path.isdir(pattern) else pattern
            files = [name for name in sorted(glob.glob(inside, recursive=True)) if name.lower().endswith(VIDEO_ENDINGS)]
        if not files:
            raise PosemakeError(
                f"videos: {str(item)!r} leads to no video from {Path.cwd()} (a name that ends in {', '.join(VIDEO_ENDINGS)}); "
                "give a file, a folder or a pattern such as 'raw/*.mp4'"
            )
        for name in files:
            found.setdefault(Path(name).resolve(), Path(name))
    return list(found.values())


def parse_skeleton(given: Any, keypoints: list[str]) -> list[list[str]]:
    """Edges from ``a-b,c-d`` or a list of such texts or of pairs; a keypoint's own name may have a ``-``.

    Raises PosemakeError if an edge is no pair of keypoints, with the nearest name.
    """
    edges = []
    for item in _items(given):
        if isinstance(item, list):
            splits = [[str(end) for end in item]]
        else:
            splits = [[item[: m.start()].strip(), item[m.end() :].strip()] for m in re.finditer("-", item)]
        good = [pair for pair in splits if len(pair) == 2 and all(end in keypoints for end in pair)]
        if len(good) > 1:
            raise PosemakeError(f"skeleton: {item!r} can be read in more than one way; write the config's skeleton by hand")
        if not good:
            # the split that comes nearest tells which end is wrong
            pair = max(splits, key=lambda pair: sum(end in keypoints for end in pair), default=[])
            wrong = next((end for end in pair if end not in keypoints), None)
            if len(pair) != 2 or wrong is None:
                raise PosemakeError(f"skeleton: {item!r} is not a pair of keypoints joined by -, as in {'-'.join(keypoints[:2])}")
            raise PosemakeError(f"skeleton: in {item!r}, {wrong!r} is not a keypoint; {nearest(wrong, keypoints)}")
        edges += [edge for edge in good if edge not in edges]
    return edges


def _asked(values: dict[str, Any]) -> dict[str, Any]:
    """The values with those that are missing asked for, where there is a terminal to ask on."""
    missing = [key for key in ("videos", "keypoints") if values[key] in ("", None, [])]
    if not missing:
        return values
    if not sys.stdin.isatty():
        line = command("new_project", **{key: values[key] or EXAMPLE[key] for key in EXAMPLE})
        raise PosemakeError(f"new_project needs {' and '.join(missing)}; type: {line}")
    questions = {
        "videos": "Videos (a folder, a pattern such as raw/*.mp4, or a list with commas): ",
        "keypoints": "Keypoints (a list with commas): ",
        "skeleton": "Skeleton (pairs such as snout-tail_base, with commas; Enter for none): ",
    }
    try:
        return {key: values[key] or input(question).strip() for key, question in questions.items()}
    except EOFError as error:
        raise PosemakeError(f"new_project needs {' and '.join(missing)}; nothing was made") from error


def new_project(videos: Any = "", keypoints: Any = "", skeleton: Any = "") -> None:
    """Make the current folder a project.

    ``videos`` is a glob, a folder or a file; ``keypoints`` are names; ``skeleton`` are edges ``a-b`` or pairs, or nothing.
    Each may be a list, or a text with commas.

    Raises PosemakeError if there is a project, or something is missing or wrong. Then nothing is written.
    """
    refuse_existing()
    given = _asked({"videos": videos, "keypoints": keypoints, "skeleton": skeleton or ""})
    names = [str(name) for name in _items(given["keypoints"])]
    config = config_text(names, parse_skeleton(given["skeleton"], names))
    rows: list[dict[str, str]] = []
    for path in find_videos(given["videos"]):
        name = free_id(path.stem, [row["video"] for row in rows])
        rows.append({"video": name, "path": sheet_path(path), "use": "both"})
    write_project(config, sheet_text(rows))
    tell(f"{CONFIG}: made, with {len(names)} keypoints; {SHEET}: made, with {len(rows)} videos. Look through both.")
    tell(f"Next, let the frames be chosen that you will label: {command()}")
