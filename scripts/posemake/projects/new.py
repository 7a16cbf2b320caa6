"""The stage that makes a folder a project."""

import glob
import os
import re
import sys
from pathlib import Path
from typing import Any

from posemake.config.validation import nearest
from posemake.core.errors import PosemakeError
from posemake.projects.scaffold import (
    CONFIG,
    SHEET,
    VIDEO_ENDINGS,
    command,
    config_text,
    free_id,
    refuse_existing,
    sheet_path,
    sheet_text,
    tell,
    write_project,
)

EXAMPLE = {"videos": "raw/*.mp4", "keypoints": "snout,left_ear,tail_base", "skeleton": "snout-left_ear,left_ear-tail_base"}


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
