"""Names of keypoints in a config as they are typed: YAML 1.1 takes `on`, `no`, `012`, `1_2` and dates for other things."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posemake.core.paths import StrPath
from posemake.core.yaml_files import parse_yaml

KEYS_OF_NAMES = ("keypoints", "skeleton", "refine.body", "evaluate.reference", "evaluate.oks_sigmas")


def _typed(value: Any, text: Any) -> Any:
    """Return a value, in lists of names, and in keys that are names, with the text of whatever YAML does not take for text."""
    if isinstance(value, list) and isinstance(text, list) and len(value) == len(text):
        return [_typed(item, item_text) for item, item_text in zip(value, text)]
    if isinstance(value, dict) and isinstance(text, dict) and len(value) == len(text):
        return {_typed(key, key_text): item for (key, item), key_text in zip(value.items(), text)}
    return text if isinstance(text, str) and text and not isinstance(value, str | list | dict) else value


def _replace(values: Mapping[str, Any], texts: Any, key: str) -> Mapping[str, Any]:
    """Return values in which the names under a dotted key are those of the texts."""
    first, _, rest = key.partition(".")
    if not isinstance(texts, Mapping) or first not in texts or first not in values:
        return values
    value, text = values[first], texts[first]
    if rest:
        return {**values, first: _replace(value, text, rest) if isinstance(value, Mapping) else value}
    return {**values, first: _typed(value, text)}


def with_typed_names(values: Mapping[str, Any], path: StrPath, written: Any) -> Mapping[str, Any]:
    """Return the values of a config with the names of keypoints as they are typed in its file.

    Parameters
    ----------
    values
        All values; those under a key that differ from what the file has come from elsewhere and stay.
    path
        The file.
    written
        What the file has, as read by YAML 1.1.
    """
    if not isinstance(written, Mapping) or not written:
        return values
    texts = parse_yaml(path, Path(path).read_text(encoding="utf-8"), as_typed=True)
    of_file = {first for first, value in values.items() if first in written and value == written[first]}
    for key in KEYS_OF_NAMES:
        if key.partition(".")[0] in of_file:
            values = _replace(values, texts, key)
    return values
