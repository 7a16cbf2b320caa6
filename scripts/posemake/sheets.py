"""Reading and checking of what a user writes: the config and the sheet of videos. Faults are sentences, all told at once.

Needs no more than PyYAML and jsonschema, as it runs whenever the workflow starts.
"""

import csv
import difflib
import io
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from posemake.log import PosemakeError
from posemake.settings import Filter, Frames, Model, Split, plain
from posemake.sides import find_lonely

MOST_LISTED = 10000  # frames that a cell may name: more is a slip of the keyboard


def nearest(name: str, known: list[str]) -> str:
    """A hint at the nearest valid name, or at all of them where none is near."""
    near = difflib.get_close_matches(str(name), known, 1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"valid are {', '.join(known)}"


def read_yaml(path: str | Path) -> Any:
    """Read YAML of plain values.

    Raises
    ------
    PosemakeError
        With line and column where it does not parse.
    """
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise PosemakeError(f"{path}{where}: this is not YAML ({getattr(error, 'problem', None) or error})") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PosemakeError(f"{path}: cannot be read ({error})") from error


def _faults(value: Any, schema: dict[str, Any]) -> Iterator[tuple[list, str]]:
    """(path of keys, what is wrong with it)"""
    from jsonschema import Draft202012Validator

    told = set()
    for error in sorted(Draft202012Validator(schema).iter_errors(value), key=lambda e: [str(p) for p in e.absolute_path]):
        path, given = list(error.absolute_path), error.instance
        if error.validator == "additionalProperties":
            known = list(error.schema.get("properties", {}))
            for key in given:
                if key not in known:
                    yield [*path, key], f"there is no such key; {nearest(key, known)}"
        elif error.validator == "required":
            for key in error.validator_value:
                if key not in given and (*path, key) not in told:  # each missing key has an error, which names them all
                    told.add((*path, key))
                    yield [*path, key], "the key is missing"
        elif error.validator == "enum":
            yield path, f"{given!r} is not valid; {nearest(given, [str(v) for v in error.validator_value])}"
        elif error.validator == "type":
            # YAML takes 2e-3 for text
            exponent = isinstance(given, str) and re.fullmatch(r"[\d.]+e[-+]?\d+", given, re.IGNORECASE)
            hint = "; write the number without an exponent" if exponent else ""
            yield path, f"{given!r} is not of the type {error.validator_value}{hint}"
        elif error.validator == "pattern" and path[-1:] == ["video"]:
            legal = re.sub(r"[^A-Za-z0-9_.-]+", "_", given).lstrip("_.-") or "video_1"
            yield path, f"{given!r}: {error.schema['description']}, as in {legal!r}"
        else:
            # a schema says in words what its pattern or its alternatives mean
            yield path, (error.schema.get("description") and f"{given!r}: {error.schema['description']}") or error.message


def _place(path: list, within: Any) -> str:
    """A path of keys in words: ``filter.steps[1].window``."""
    words = ""
    for key in path:
        words += f"[{key}]" if isinstance(within, list) else f".{key}"
        try:
            within = within[key]
        except (KeyError, IndexError, TypeError):  # the key that is missing stands last
            within = None
    return words.removeprefix(".")


def config_faults(config: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """What is wrong with a config, in sentences that name the key."""
    faults = [f"{_place(path, config) or 'the config'}: {what}" for path, what in _faults(config, schema)]
    if faults:
        return faults
    keypoints = config["keypoints"]
    for name in sorted({k for k in keypoints if keypoints.count(k) > 1}):
        faults.append(f"keypoints: {name!r} stands there twice")
    if "all" in keypoints:
        faults.append("keypoints: 'all' stands for all of them in the tables; choose another name")
    for edge in config.get("skeleton", []):
        faults += [f"skeleton: {end!r} is not a keypoint; {nearest(end, keypoints)}" for end in edge if end not in keypoints]
    for section in ("predict", "refine", "repeats"):
        for name in config.get(section, {}).get("models", []):
            if name not in config["models"]:
                faults.append(f"{section}.models: {name!r} is not among models; {nearest(name, list(config['models']))}")
    for section, key in (("refine", "body"), ("evaluate", "reference"), ("evaluate", "oks_sigmas")):
        for name in config.get(section, {}).get(key, []):
            if name not in keypoints:
                faults.append(f"{section}.{key}: {name!r} is not a keypoint; {nearest(name, keypoints)}")
    frames = plain(Frames, config.get("frames"))
    if abs(sum(frames["shares"].values()) - 1) > 1e-6:
        faults.append(f"frames.shares: {', '.join(f'{k} {v:g}' for k, v in frames['shares'].items())} do not sum to 1")
    if frames["features"] != "thumbnail" and frames["weights"] != "imagenet" and not os.path.isfile(frames["weights"]):
        faults.append(f"frames.weights: is imagenet or a file, and there is no file {frames['weights']!r}")
    for number, step in enumerate(plain(Filter, config.get("filter"))["steps"]):
        if step["method"] == "savgol" and step["polyorder"] >= step["window"]:
            faults.append(
                f"filter.steps[{number}].polyorder: {step['polyorder']} must be less than window, which is {step['window']}"
            )
        if step["method"] == "speed" and step["unit"] == "body" and len(keypoints) < 2:
            faults.append(f"filter.steps[{number}].unit: a single keypoint has no body length; set px")
    split = plain(Split, config.get("split"))
    if split["validation"] + split["test"] >= 0.9:
        faults.append("split: validation and test together leave less than a tenth for training")
    for name, values in config["models"].items():
        model = plain(Model, values)
        for key, what in (("scale", "factor"), ("gamma", "exponent")):
            least, greatest = model["augment"][key]
            if least > greatest:
                faults.append(
                    f"models.{name}.augment.{key}: the least {what}, {least}, stands first, then the greatest, {greatest}"
                )
        lonely = find_lonely(config["keypoints"]) if model["augment"]["probability"]["flip"] else []
        if lonely:
            faults.append(
                f"models.{name}.augment.probability.flip: {lonely[0]!r} has no keypoint of the other side to change places with; "
                "set flip to 0, or name both sides alike but for left and right"
            )
        if model["backbone"].startswith("unet_") and model["weights"] == "imagenet":
            faults.append(
                f"models.{name}.weights: {model['backbone']} has no ImageNet weights; set none, or a posemake model file"
            )
        elif model["weights"] not in ("none", "imagenet") and not os.path.isfile(model["weights"]):
            faults.append(f"models.{name}.weights: is none, imagenet, or a file, and there is no file {model['weights']!r}")
    return faults


def _cell(text: str, kind: str) -> Any:
    """A cell as the schema's type; text that is none stays text, so that the schema refuses it."""
    try:
        value = {"integer": int, "number": float}.get(kind, str)(text)
    except ValueError:
        return text
    return text if kind == "number" and not math.isfinite(value) else value


def _listed(text: str) -> Iterator[range]:
    """The parts of a list of frames such as 12,100-200:20; a range includes its end where a step falls on it."""
    for part in text.split(","):
        first, last, step = re.fullmatch(r"(\d+)(?:-(\d+)(?::(\d+))?)?", part.strip()).groups()
        yield range(int(first), int(last or first) + 1, int(step or 1))


def _bounds(values: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """What is out of order in a row; makes crop and roi four numbers and frames a list on the way."""
    for name in ("crop", "roi"):
        text = values.get(name)
        if text is not None and re.fullmatch(schema["properties"][name]["pattern"], text):
            x1, x2, y1, y2 = values[name] = [int(v) for v in text.split(",")]
            if x1 >= x2 or y1 >= y2:
                yield f"{name}: {text!r} is empty; it is x1,x2,y1,y2 with x1 < x2 and y1 < y2"
    text = values.get("frames")
    if text is not None and re.fullmatch(schema["properties"]["frames"]["pattern"], text):
        ranges = list(_listed(text))
        if not all(ranges):
            yield f"frames: {text!r} has a range that is empty; the first frame stands first, as in 100-200:20"
        elif sum(map(len, ranges)) > MOST_LISTED:
            yield f"frames: {text!r} names more than {MOST_LISTED} frames"
        else:
            values["frames"] = sorted({frame for part in ranges for frame in part})
    start, stop = values.get("start", 0), values.get("stop")
    if isinstance(start, int) and isinstance(stop, int) and start >= stop:
        yield f"stop: {stop} must be greater than start, which is {start}"


def read_videos(path: str | Path, schema: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Read the sheet of videos, tab-separated with a header.

    Returns
    -------
    videos
        By id: every column of the schema, None where the sheet has no value; ``crop`` and ``roi`` as [x1, x2, y1, y2],
        ``frames`` as a list of indices.
    faults
        Sentences that name file and row.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return {}, [f"{path}: the sheet of videos cannot be read ({error}); see config/README.md"]
    known = schema["properties"]
    lines = ("\n" if line.startswith("#") else line for line in io.StringIO(text))
    reader = csv.reader(lines, delimiter="\t")
    rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    if not rows:
        return {}, [f"{path}: the sheet is empty; its first row names the columns: {', '.join(known)}"]
    header = [name.strip() for name in rows[0][1]]
    faults = [f"{path}: there is no column {name!r}; {nearest(name, list(known))}" for name in header if name not in known]
    faults += [f"{path}: the column {name!r} is missing" for name in schema["required"] if name not in header]
    faults += [f"{path}: the column {name!r} stands there twice" for name in sorted({n for n in header if header.count(n) > 1})]
    if faults:
        return {}, faults
    videos: dict[str, dict[str, Any]] = {}
    first: dict[str, int] = {}
    for number, row in rows[1:]:
        if len(row) > len(header):
            faults.append(
                f"{path}, row {number}: {len(row)} cells under a header of {len(header)}; columns are set apart by tabs"
            )
            continue
        cells = {name: cell.strip() for name, cell in zip(header, row) if cell.strip()}
        values = {name: _cell(cell, known[name].get("type", "string")) for name, cell in cells.items()}
        found = [f"{path}, row {number}, {'.'.join(map(str, keys))}: {what}" for keys, what in _faults(values, schema)]
        name = values.get("video")
        if name in first:
            found.append(f"{path}, row {number}, video: {name!r} already stands in row {first[name]}; ids are unique")
        found += [f"{path}, row {number}, {what}" for what in _bounds(values, schema)]
        faults += found
        if name is None or name in first:
            continue
        first[name] = number
        # a row with a fault is kept, so that what else is wrong with it is told in the same run
        videos[name] = {column: values.get(column) for column in known} | {"row": number}
    if not videos and not faults:
        faults.append(f"{path}: the sheet names no video")
    return videos, faults


def frames_faults(frames: dict[str, Any], videos: dict[str, dict[str, Any]], config: str, sheet: str) -> list[str]:
    """What the section `frames` of the config (filled) asks of the sheet that it does not have, in sentences."""
    faults, rows = [], [row for row in videos.values() if row["use"] != "analyse"]
    for column in ("group", "subject"):
        known = sorted({row[column] for row in rows if row[column]})
        for name in map(str, frames[f"per_{column}"]):
            if name not in known:
                hint = nearest(name, known) if known else f"the column {column!r} is empty"
                faults.append(f"{config}, frames.per_{column}: no video to label is of the {column} {name!r}; {hint}")
    if frames["method"] == "manual":
        faults += [
            f"{sheet}, row {row['row']}, frames: is empty, and frames.method is manual; name the frames, as in 12,40,100-200:20"
            for row in rows
            if row["path"] and not row["frames"]
        ]
    return faults


def frames_of_video(frames: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """The section `frames` of the config (filled) as it holds for one row of the sheet: ``per_video`` is its number, that of
    its subject before that of its group, so that another group's number changes nothing here. Without ``weights``: what they
    bring about is in the features."""
    number = frames["per_video"]
    for column in ("group", "subject"):
        number = {str(name): value for name, value in frames[f"per_{column}"].items()}.get(row[column], number)
    chosen = {key: value for key, value in frames.items() if key != "weights"}
    return chosen | {"per_video": number, "per_group": {}, "per_subject": {}}


def raise_faults(faults: list[str], error: type[Exception] = PosemakeError) -> None:
    """Raise all faults as one error, a line each, if there are any."""
    if faults:
        raise error("\n".join(faults))
