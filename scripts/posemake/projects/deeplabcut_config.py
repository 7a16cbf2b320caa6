"""Config of a DeepLabCut project.

All values are the text that was typed, as a bodypart may be called ``no``, ``1_2`` or ``1e3``.
"""

import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from posemake.core.errors import PosemakeError
from posemake.core.paths import is_file
from posemake.core.text_files import decode_text
from posemake.core.yaml_files import parse_yaml
from posemake.data.label_grid import clean_name
from posemake.projects.scaffold import unique_id

FALSE = ("", "false", "no", "off", "n", "null", "none", "~", "0")  # in lower case


def is_true(value: object) -> bool:
    """Return whether a value of the config, as it was typed, is set and not false."""
    return value is not None and str(value).strip().lower() not in FALSE


def _name_text(name: object, key: str, file: Path) -> str:
    if not isinstance(name, str):
        raise PosemakeError(f"{file}, {key}: {name!r} is not a name; correct it (a name with a colon stands in quotes)")
    return clean_name(name)


def read_config(file: Path) -> dict[str, Any]:
    """Read the config of a project of one animal.

    Raises
    ------
    PosemakeError
        If there is none, or it is that of several animals.
    """
    if not is_file(file):
        raise PosemakeError(f"{file}: there is no such file; give the folder of a DeepLabCut project, which holds config.yaml")
    try:
        text, _ = decode_text(file.read_bytes())
    except (OSError, UnicodeError) as error:
        raise PosemakeError(f"{file}: cannot be read ({error})") from error
    config = parse_yaml(file, text, as_typed=True)
    if not isinstance(config, dict) or not is_true(str(config.get("bodyparts") or "")):
        raise PosemakeError(
            f"{file}: this is not the config of a DeepLabCut project, as it has no bodyparts; give the folder of one"
        )
    parts = config["bodyparts"]
    if isinstance(parts, str) and not parts.startswith("MULTI"):
        raise PosemakeError(f"{file}, bodyparts: is a list with one name per line, not {parts!r}; correct it")
    if is_true(config.get("multianimalproject")) or not isinstance(parts, list):
        raise PosemakeError(
            f"{file}: this is a project of several animals (multianimalproject), which posemake cannot track yet; "
            "nothing was imported. Give the folder of a project of one animal"
        )
    config["bodyparts"] = [_name_text(part, "bodyparts", file) for part in parts]
    for key, kind in (("video_sets", dict), ("skeleton", list)):
        if not isinstance(config.get(key), kind):
            config[key] = kind()
    return config


def name_keypoints(config: dict[str, Any], notes: list[str]) -> dict[str, str]:
    """Return the keypoint of each bodypart, which has the same name unless that has characters that are not valid."""
    parts: Sequence[str] = config["bodyparts"]
    names = {part: part for part in parts if part}
    for part in names:
        if parts.count(part) > 1:
            notes.append(f"config.yaml, bodyparts: {part!r} stands {parts.count(part)} times and counts once")
        if not re.fullmatch(r"[A-Za-z0-9_-]+", part):
            names[part] = unique_id(part.replace(".", "_"), names.values(), "keypoint")
            notes.append(
                f"config.yaml, bodyparts: {part!r} is called {names[part]!r} here; names have only letters, digits, _ and -"
            )
    return names


def read_skeleton(config: dict[str, Any], names: dict[str, str], notes: list[str]) -> list[list[str]]:
    """Return the edges of the skeleton between keypoints; an entry of more than two bodyparts is a chain."""
    edges: list[list[str]] = []
    for line in config["skeleton"]:
        ends = [clean_name(end) for end in line] if isinstance(line, list) else [clean_name(line)]
        if len(ends) < 2:
            notes.append(f"config.yaml, skeleton: {ends} has fewer than two bodyparts and is not imported")
        for a, b in itertools.pairwise(ends):
            if a not in names or b not in names:
                unknown = a if a not in names else b
                notes.append(f"config.yaml, skeleton: {a} - {b} is not imported, as {unknown!r} is not among the bodyparts")
            elif [names[a], names[b]] not in edges:
                edges.append([names[a], names[b]])
    return edges
