"""JSON schema and example of the config are current."""

import json

import pytest
import yaml

from posemake.config.filter_steps import STEPS
from posemake.config.schema import EXAMPLE, EXAMPLE_FILE, SCHEMA_FILE, example_text, schema_text
from posemake.config.settings import Config
from posemake.config.validation import check_config


@pytest.mark.parametrize(("path", "text"), [(SCHEMA_FILE, schema_text), (EXAMPLE_FILE, example_text)], ids=["schema", "example"])
def test_the_files_in_the_repository_are_current(path, text):
    """After a change of the settings: PYTHONPATH=scripts python -m posemake.config.schema."""
    assert path.read_text(encoding="utf-8") == text()


def test_the_example_is_read_as_it_was_written():
    assert check_config(yaml.safe_load(example_text())) == (EXAMPLE, [])


def test_the_example_has_every_key_and_differs_from_the_defaults_in_the_demo_only():
    values = yaml.safe_load(example_text())
    assert set(values) == set(Config.model_fields)
    assert set(values["models"]["small"]) == set(Config.model_validate(values).models["small"].model_dump())
    changed = EXAMPLE.model_copy(
        update={"predict": EXAMPLE.predict.model_copy(update={"models": ()}), "skeleton": (), "keypoints": ("a",)}
    )
    small = EXAMPLE.models["small"].model_copy(update={"steps": 3000})
    assert changed.model_copy(update={"models": {"small": small}}) == Config(keypoints=("a",), models={"small": {}})


def test_the_example_shows_every_step_of_the_filter_with_its_defaults():
    text = example_text().split("# Filtering of the raw poses.")[1].split("\n\n")[0]
    commented = [line.removeprefix("    # ") for line in text.splitlines() if line.startswith(("    # - ", "    #   "))]
    others = yaml.safe_load("\n".join(commented))
    steps = [*yaml.safe_load(text)["filter"]["steps"], *others]
    assert sorted(step["method"] for step in steps) == sorted(STEPS)
    for step in steps:
        kind = STEPS[step["method"]]
        assert set(step) == set(kind.model_fields) and kind(**step) == kind()


def test_every_key_of_the_schema_is_described():
    schema = json.loads(schema_text())
    for name, part in {"Config": schema, **schema["$defs"]}.items():
        for key, rule in part["properties"].items():
            assert key == "method" or "description" in rule or "$ref" in rule, f"{name}.{key}"
        assert part["additionalProperties"] is False
