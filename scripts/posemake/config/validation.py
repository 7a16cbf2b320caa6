"""Reading and checking of what a user writes: the config and the sheet of videos. Faults are sentences, all told at once.

Needs no more than PyYAML and jsonschema, as it runs whenever the workflow starts.
"""

import difflib
import os
import re
from collections.abc import Iterator
from typing import Any

from posemake.config.settings import Filter, Frames, Model, Split, plain
from posemake.core.errors import PosemakeError
from posemake.core.symmetry import find_lonely


def nearest(name: str, known: list[str]) -> str:
    """A hint at the nearest valid name, or at all of them where none is near."""
    near = difflib.get_close_matches(str(name), known, 1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"valid are {', '.join(known)}"


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


def raise_faults(faults: list[str], error: type[Exception] = PosemakeError) -> None:
    """Raise all faults as one error, a line each, if there are any."""
    if faults:
        raise error("\n".join(faults))
