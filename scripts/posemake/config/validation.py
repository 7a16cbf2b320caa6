"""Checks of the config, with error messages that name the key.

A fault is one sentence; all faults of a config are found at once.
"""

import datetime
import difflib
import os
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from posemake.config.fields import Settings
from posemake.config.filter_steps import STEPS, Savgol, Speed
from posemake.config.settings import WITHOUT_IMAGENET, Config, Model
from posemake.core.errors import PosemakeError
from posemake.core.symmetry import find_unpaired

# Keys and values of earlier versions, with their names of today.
RENAMED_KEYS = {
    "prepare.standardise": "prepare.transcode",
    "predict.follow": "predict.dynamic_crop",
    "evaluate.draws": "evaluate.bootstrap_samples",
    "evaluate.correct": "evaluate.correct_within",
    "repeats.labels": "repeats.label_fractions",
}
RENAMED_VALUES = {("predict.crop", "follow"): "dynamic"}

TYPES = {
    "int_type": "integer",
    "float_type": "number",
    "string_type": "string",
    "bool_type": "boolean",
    "tuple_type": "array",
    "dict_type": "object",
    "model_type": "object",
    "model_attributes_type": "object",
}
BOUNDS = {
    "greater_than": ("gt", "has to be greater than"),
    "greater_than_equal": ("ge", "is less than the minimum of"),
    "less_than": ("lt", "has to be less than"),
    "less_than_equal": ("le", "is greater than the maximum of"),
}


def suggest(name: object, known: list[str]) -> str:
    """Return a hint at the nearest valid name, or at all of them where none is near."""
    near = difflib.get_close_matches(str(name), known, 1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"valid are {', '.join(known)}"


def _strip_tags(location: tuple[int | str, ...]) -> list[int | str]:
    """Return a location without the names of methods that pydantic puts behind the number of a filter step."""
    path: list[int | str] = []
    for number, key in enumerate(location):
        follows_step = number == len(path) > 1 and path[-2] == "steps" and isinstance(path[-1], int)
        if not (follows_step and key in STEPS):
            path.append(key)
    return path


def _keys_at(kind: Any, location: tuple[int | str, ...]) -> list[str]:
    """Return the valid keys of the settings at a location within settings of a kind."""
    for key in location:
        while get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        if isinstance(kind, type) and issubclass(kind, Settings):
            kind = kind.model_fields[str(key)].annotation
        elif isinstance(key, str) and key in STEPS:
            kind = STEPS[key]
        else:  # tuple[item, ...] or dict[key, item]
            kind = get_args(kind)[0 if isinstance(key, int) else 1]
    return list(kind.model_fields)


def _describe(error: ErrorDetails, path: list[int | str], kind: type[Settings]) -> str:
    """Return what is wrong, for an error of pydantic."""
    name, value, context = error["type"], error["input"], error.get("ctx", {})
    dotted = ".".join(map(str, path))
    if dotted in RENAMED_KEYS and name == "extra_forbidden":
        return f"this key is now called {RENAMED_KEYS[dotted]}"
    if name == "extra_forbidden":
        return f"there is no such key; {suggest(path[-1], _keys_at(kind, error['loc'][:-1]))}"
    if name in ("missing", "union_tag_not_found"):
        return "the key is missing"
    if name in ("literal_error", "union_tag_invalid"):
        value = context.get("tag", value)
        if isinstance(value, str) and (dotted, value) in RENAMED_VALUES:
            return f"{value!r} is now called {RENAMED_VALUES[dotted, value]!r}"
        known = re.split(", | or ", context.get("expected_tags", context.get("expected", "")))
        return f"{value!r} is not valid; {suggest(value, [name.strip(chr(39)) for name in known])}"
    if name in TYPES:
        # YAML takes 2e-3 for text
        exponent = isinstance(value, str) and re.fullmatch(r"[\d.]+e[-+]?\d+", value, re.IGNORECASE)
        hint = "; write the number without an exponent" if exponent else ""
        if name == "string_type" and isinstance(value, bool | int | float | datetime.date):
            hint = "; put it in quotation marks, as YAML takes numbers, dates, on, off, yes, no and the like for no text"
        return f"{value!r} is not of the type {TYPES[name]}{hint}"
    if name in BOUNDS:
        key, comparison = BOUNDS[name]
        return f"{value!r} {comparison} {context[key]:g}"
    if name in ("too_short", "string_too_short"):
        return f"{value!r} is empty"
    return f"{value!r}: {context['error']}" if name == "value_error" else error["msg"]


def describe_errors(error: ValidationError, kind: type[Settings]) -> list[tuple[list[int | str], str]]:
    """Return the path of keys and the fault in words, for each error in settings of a kind."""
    faults = []
    for detail in error.errors(include_url=False):
        path = _strip_tags(detail["loc"])
        if path[-1:] == ["[key]"]:  # the name of a model, for example
            path = path[:-2]
        what = _describe(detail, path, kind)
        path += ["method"] if detail["type"].startswith("union_tag") else []
        faults.append((path, what, detail["type"] != "extra_forbidden"))
    faults.sort(key=lambda fault: ([str(key) for key in fault[0][:-1]], fault[2]))  # a misspelt key explains a missing one
    return [fault[:2] for fault in faults]


def _join(path: list[int | str], values: Any) -> str:
    """Return a path of keys as text, as in ``filter.steps[1].window``."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(values, (list, tuple)) else f".{key}"
        try:
            values = values[key]
        except (KeyError, IndexError, TypeError):  # a missing key stands last
            values = None
    return text.removeprefix(".")


def _keypoint_faults(config: Config) -> Iterator[str]:
    keypoints = list(config.keypoints)
    for name in sorted({k for k in keypoints if keypoints.count(k) > 1}):
        yield f"keypoints: {name!r} stands there twice"
    if "all" in keypoints:
        yield "keypoints: 'all' stands for all of them in the tables; choose another name"
    names = {
        "skeleton": [end for edge in config.skeleton for end in edge],
        "refine.body": config.refine.body,
        "evaluate.reference": config.evaluate.reference,
        "evaluate.oks_sigmas": config.evaluate.oks_sigmas,
    }
    for key, used in names.items():
        yield from (f"{key}: {name!r} is not a keypoint; {suggest(name, keypoints)}" for name in used if name not in keypoints)


def _section_faults(config: Config) -> Iterator[str]:
    for section, models in (
        ("predict", config.predict.models),
        ("refine", config.refine.models),
        ("repeats", config.repeats.models),
    ):
        for name in models:
            if name not in config.models:
                yield f"{section}.models: {name!r} is not among models; {suggest(name, list(config.models))}"
    frames, split = config.frames, config.split
    shares = frames.shares.model_dump()
    if abs(sum(shares.values()) - 1) > 1e-6:
        yield f"frames.shares: {', '.join(f'{name} {share:g}' for name, share in shares.items())} do not sum to 1"
    if frames.features != "thumbnail" and frames.weights != "imagenet" and not os.path.isfile(frames.weights):
        yield f"frames.weights: is imagenet or a file, and there is no file {frames.weights!r}"
    if split.validation + split.test >= 0.9:
        yield "split: validation and test together leave less than a tenth for training"
    for number, step in enumerate(config.filter.steps):
        if isinstance(step, Savgol) and step.polyorder >= step.window:
            yield f"filter.steps[{number}].polyorder: {step.polyorder} must be less than window, which is {step.window}"
        if isinstance(step, Speed) and step.unit == "body" and len(config.keypoints) < 2:
            yield f"filter.steps[{number}].unit: a single keypoint has no body length; set px"


def _model_faults(place: str, model: Model, keypoints: tuple[str, ...]) -> Iterator[str]:
    for key, what, (least, greatest) in (("scale", "factor", model.augment.scale), ("gamma", "exponent", model.augment.gamma)):
        if least > greatest:
            yield f"{place}.augment.{key}: the least {what}, {least}, stands first, then the greatest, {greatest}"
    lonely = find_unpaired(list(keypoints)) if model.augment.probability.flip else []
    if lonely:
        yield (
            f"{place}.augment.probability.flip: {lonely[0]!r} has no keypoint of the other side to change places with; "
            "set flip to 0, or name both sides alike but for left and right"
        )
    if model.weights == "imagenet" and model.backbone in WITHOUT_IMAGENET:
        yield f"{place}.weights: {model.backbone} has no ImageNet weights; set none, or a posemake model file"
    elif model.weights not in ("none", "imagenet") and not os.path.isfile(model.weights):
        yield f"{place}.weights: is none, imagenet, or a file, and there is no file {model.weights!r}"


def check_config(values: Mapping[str, Any]) -> tuple[Config | None, list[str]]:
    """Return the settings of a project from the values of a config, and all faults as sentences that name the key.

    Where there are faults in the keys and their values, the settings are None. Only then are values compared with each other.
    """
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        return None, [f"{_join(path, values) or 'the config'}: {what}" for path, what in describe_errors(error, Config)]
    faults = [*_keypoint_faults(config), *_section_faults(config)]
    for name, model in config.models.items():
        faults += _model_faults(f"models.{name}", model, config.keypoints)
    return config, faults


def raise_faults(faults: list[str], error: type[Exception] = PosemakeError) -> None:
    """Raise all faults as one error, a line each, if there are any."""
    if faults:
        raise error("\n".join(faults))
