"""JSON schema and example of the config, generated from the settings.

``python -m posemake.config.schema`` writes config/schemas/config.schema.json and config/config.yaml.
"""

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from posemake.config.fields import Settings
from posemake.config.filter_steps import STEPS
from posemake.config.settings import Config, Model, Predict

CONFIG_FOLDER = Path(__file__).resolve().parents[3] / "config"
SCHEMA_FILE = CONFIG_FOLDER / "schemas" / "config.schema.json"
EXAMPLE_FILE = CONFIG_FOLDER / "config.yaml"
WIDTH = 130
HEADER = """\
# Settings of a project: what is tracked, and how. The manual is config/README.md of posemake.
# A key that is left out takes its default; a key that does not exist is an error that names the nearest one.
"""
OTHER_STEPS = (
    "The other methods, with their defaults; config/README.md, section 4, says which one suits what. Those that remove points "
    "stand before interpolate, those that smooth after it."
)
# What the demo tracks, and the values in which it differs from the defaults.
EXAMPLE = Config(
    keypoints=("snout", "left_ear", "right_ear", "center", "tail_base", "tail_tip"),
    skeleton=(
        ("snout", "left_ear"),
        ("snout", "right_ear"),
        ("left_ear", "center"),
        ("right_ear", "center"),
        ("center", "tail_base"),
        ("tail_base", "tail_tip"),
    ),
    models={"small": Model(steps=600)},
    predict=Predict(models=("small",)),
)


def _write_value(value: Any) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_write_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_write_value, value)) + "]"
    return value if isinstance(value, str) and value else json.dumps(value)


def _first_sentence(text: str | None) -> str:
    return (text or "").split(". ")[0].rstrip(".")


def _write_comment(text: str, indent: int) -> Iterator[str]:
    start = " " * indent + "# "
    yield from textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=start, break_long_words=False)


def _write_key(start: str, value: str, comment: str) -> Iterator[str]:
    """Yield a key and its value, with the comment behind it, or above it where the line would be too long."""
    line = f"{start} {value}".rstrip()
    if comment and len(f"{line}  # {comment}") > WIDTH:
        yield from _write_comment(comment, len(start) - len(start.lstrip(" -")))
        comment = ""
    yield f"{line}  # {comment}" if comment else line


def _write_step(step: Settings) -> Iterator[str]:
    yield from _write_key("- method:", type(step).model_fields["method"].default, _first_sentence(step.__doc__))
    for name, field in type(step).model_fields.items():
        if name != "method":
            yield from _write_key(f"  {name}:", _write_value(getattr(step, name)), _first_sentence(field.description))


def _write_steps(steps: tuple[Settings, ...], indent: int) -> Iterator[str]:
    """Yield the steps of the filter, then the others as comments."""
    space = " " * indent
    for step in steps:
        yield from (space + line for line in _write_step(step))
    yield from _write_comment(OTHER_STEPS, indent)
    for kind in STEPS.values():
        if kind not in map(type, steps):
            yield from (f"{space}# {line}" for line in _write_step(kind()))


def _write_settings(settings: Settings, indent: int) -> Iterator[str]:
    """Yield the keys of settings below the top level."""
    space = " " * indent
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        comment = _first_sentence(field.description)
        if isinstance(value, Settings):
            yield from _write_key(f"{space}{name}:", "", _first_sentence(value.__doc__))
            yield from _write_settings(value, indent + 2)
        elif name == "steps" and isinstance(value, tuple):
            yield from _write_key(f"{space}{name}:", "", comment)
            yield from _write_steps(value, indent + 2)
        else:
            yield from _write_key(f"{space}{name}:", _write_value(value), comment)


def _write_section(name: str, value: Any, field: FieldInfo) -> Iterator[str]:
    """Yield a key of the top level, with all that is known about it above."""
    yield from _write_comment((value.__doc__ if isinstance(value, Settings) else field.description) or "", 0)
    if isinstance(value, Settings):
        yield f"{name}:"
        yield from _write_settings(value, 2)
    elif isinstance(value, dict):
        yield f"{name}:"
        for key, item in value.items():
            yield f"  {key}:"
            yield from _write_settings(item, 4)
    elif isinstance(value, tuple):
        yield f"{name}:"
        yield from (f"  - {_write_value(item)}" for item in value)
    else:
        yield f"{name}: {_write_value(value)}"


def example_text() -> str:
    """Return config/config.yaml: the config of the demo, in which every key stands with its description."""
    sections = [
        "\n".join(_write_section(name, getattr(EXAMPLE, name), field)) + "\n" for name, field in Config.model_fields.items()
    ]
    return "\n".join([HEADER, *sections])


def schema_text() -> str:
    """Return the JSON schema of the config, for editors."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    EXAMPLE_FILE.write_text(example_text(), encoding="utf-8")
