"""New project in the current folder."""

import glob
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from posemake.config.validation import suggest
from posemake.core.errors import PosemakeError
from posemake.core.file_endings import describe_left_out
from posemake.core.image_patterns import is_image_pattern
from posemake.core.plural import count_noun
from posemake.projects.scaffold import (
    CONFIG,
    SHEET,
    config_text,
    path_in_sheet,
    print_and_log,
    refuse_existing_project,
    sheet_text,
    snakemake_command,
    unique_id,
    write_project,
)
from posemake.projects.video_files import images_of, videos_among, videos_of_folder

# A value of the command line, or of a config: a text with commas, or a list of texts, numbers or pairs; empty if not given.
Given = str | int | Sequence[str | int | Sequence[str]] | None

EXAMPLE = {"videos": "raw/*.mp4", "keypoints": "snout,left_ear,tail_base", "skeleton": "snout-left_ear,left_ear-tail_base"}
QUESTIONS = {
    "videos": "Videos (a folder, a pattern such as raw/*.mp4, or a list with commas): ",
    "keypoints": "Keypoints (a list with commas): ",
    "skeleton": "Skeleton (pairs such as snout-tail_base, with commas; Enter for none): ",
}


def _split_items(given: Given) -> list[str | list[str]]:
    """Return the items of a text with commas or of a list."""
    if isinstance(given, list | tuple):
        return [list(map(str, item)) if isinstance(item, list | tuple) else str(item).strip() for item in given]
    return [item.strip() for item in str(given).split(",") if item.strip()]


def find_videos(given: Given) -> list[Path]:
    """Return the videos that a file, a folder, a pattern or a list of these leads to, each once.

    A file that is named counts whatever its ending is, and so does one of a pattern that can be opened as a video. Files that are
    left out are printed with the reason, except for hidden ones.

    Raises
    ------
    PosemakeError
        If an item leads to no video.
    """
    is_path = isinstance(given, str) and os.path.exists(os.path.expanduser(given))  # its name may have a comma
    videos: dict[Path, Path] = {}
    for item in [given] if is_path else _split_items(given):
        pattern = os.path.expanduser(str(item))
        left_out: list[str] = []
        if os.path.isfile(pattern) or is_image_pattern(pattern):
            files = [Path(pattern)] if os.path.isfile(pattern) or images_of(Path(pattern)) else []
        elif os.path.isdir(pattern):
            files, left_out = videos_of_folder(Path(pattern))
        else:
            names = [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]
            files, left_out = videos_among(names, only_known_endings=False)
        if not files:
            reasons = f": {describe_left_out(left_out)}" if left_out else ""
            raise PosemakeError(
                f"videos: {str(item)!r} leads to no video from {Path.cwd()}{reasons}; "
                "give a file, a folder or a pattern such as 'raw/*.mp4'"
            )
        if left_out:
            print_and_log(f"{item}: {len(left_out)} left out: {describe_left_out(left_out)}")
        for path in files:
            videos.setdefault(path.resolve(), path)
    return list(videos.values())


def parse_skeleton(given: Given, keypoints: list[str]) -> list[list[str]]:
    """Return the edges of a skeleton.

    Parameters
    ----------
    given
        Edges as ``a-b,c-d``, or a list of such texts or of pairs.
    keypoints
        Valid names, which may themselves contain a ``-``.

    Returns
    -------
    list
        Pairs of keypoints, each once.

    Raises
    ------
    PosemakeError
        If an item is not a pair of keypoints; the message names the nearest keypoint.
    """
    edges: list[list[str]] = []
    for item in _split_items(given):
        edge = _parse_edge(item, keypoints)
        if edge not in edges:
            edges.append(edge)
    return edges


def _parse_edge(item: str | list[str], keypoints: list[str]) -> list[str]:
    """Return the two keypoints of an edge; raises as `parse_skeleton`."""
    if isinstance(item, list):
        splits = [item]
    else:
        splits = [[item[: match.start()].strip(), item[match.end() :].strip()] for match in re.finditer("-", item)]
    valid = [pair for pair in splits if len(pair) == 2 and all(end in keypoints for end in pair)]
    if len(valid) > 1:
        raise PosemakeError(f"skeleton: {item!r} can be read in more than one way; write the skeleton into the config by hand")
    if valid:
        return valid[0]
    # the split with the most keypoints shows which end is wrong
    closest = max(splits, key=lambda pair: sum(end in keypoints for end in pair), default=[])
    wrong = next((end for end in closest if end not in keypoints), None)
    if len(closest) != 2 or wrong is None:
        raise PosemakeError(f"skeleton: {item!r} is not a pair of keypoints joined by -, as in {'-'.join(keypoints[:2])}")
    raise PosemakeError(f"skeleton: in {item!r}, {wrong!r} is not a keypoint; {suggest(wrong, keypoints)}")


def _ask_for_missing(values: dict[str, Given]) -> dict[str, Given]:
    """Return the values, of which the missing ones are asked for if there is a terminal.

    Raises
    ------
    PosemakeError
        If there is no terminal or no answer.
    """
    missing = [key for key in ("videos", "keypoints") if values[key] in ("", None, [])]
    if not missing:
        return values
    if not sys.stdin.isatty():
        line = snakemake_command("new_project", config={key: values[key] or EXAMPLE[key] for key in EXAMPLE})
        raise PosemakeError(f"new_project needs {' and '.join(missing)}; type: {line}")
    try:
        return {key: values[key] or input(question).strip() for key, question in QUESTIONS.items()}
    except EOFError as error:
        raise PosemakeError(f"new_project needs {' and '.join(missing)}; nothing was written") from error


def new_project(videos: Given = "", keypoints: Given = "", skeleton: Given = "") -> None:
    """Make the current folder a project. After an error, nothing is written.

    Parameters
    ----------
    videos
        Files, folders or patterns.
    keypoints
        Names of the keypoints.
    skeleton
        Edges ``a-b`` or pairs; may be empty.

    Raises
    ------
    PosemakeError
        If the folder is a project already, or a value is missing or wrong.
    """
    refuse_existing_project()
    values = _ask_for_missing({"videos": videos, "keypoints": keypoints, "skeleton": skeleton or ""})
    names = [str(name) for name in _split_items(values["keypoints"])]
    config = config_text(names, parse_skeleton(values["skeleton"], names))
    rows: list[dict[str, str]] = []
    for path in find_videos(values["videos"]):
        stem = path.parent.name if is_image_pattern(path) else path.name if path.is_dir() else path.stem
        name = unique_id(stem, [row["video"] for row in rows])
        rows.append({"video": name, "path": path_in_sheet(path), "use": "both"})
    write_project(config, sheet_text(rows))
    keypoints_written, videos_written = count_noun(len(names), "keypoint"), count_noun(len(rows), "video")
    print_and_log(f"Written: {CONFIG} with {keypoints_written}, and {SHEET} with {videos_written}. Check both files.")
    print_and_log(f"Next, choose the frames to label: {snakemake_command()}")
