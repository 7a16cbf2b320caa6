"""Settings."""

from typing import get_args

import pytest
from pydantic import ValidationError

from posemake.config import settings
from posemake.config.fields import Settings
from posemake.config.filter_steps import STEPS, Confidence, Hampel, Median
from posemake.config.settings import Augment, Config, EngineName, Evaluate, Filter, Frames, Model, Refine
from posemake.networks.runtimes import ENGINES

KINDS = [
    kind
    for kind in vars(settings).values()
    if isinstance(kind, type) and issubclass(kind, Settings) and kind not in (Settings, Config)
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_plain_values_give_the_same_settings_again(kind):
    assert kind(**kind().model_dump()) == kind()


def test_values_take_the_type_of_their_field():
    model = Model(steps=10, sigma=4, augment={"scale": [1, 2], "rotation": 90})
    assert model == Model(steps=10, sigma=4.0, augment=Augment(scale=(1.0, 2.0), rotation=90.0))
    assert isinstance(model.sigma, float) and isinstance(model.augment.rotation, float)
    assert Evaluate(pck=[1]).pck == (1.0,)
    assert Refine(body=["snout", "tail"]).body == ("snout", "tail")


def test_a_whole_number_written_as_a_float_is_an_integer():
    model = Model(steps=1000.0, stride=2.0)
    assert (model.steps, model.stride) == (1000, 2) and isinstance(model.steps, int) and isinstance(model.stride, int)


@pytest.mark.parametrize("value", ["3", True, None, [3]])
def test_what_is_no_number_is_not_taken_for_one(value):
    for key in ("steps", "sigma"):
        with pytest.raises(ValidationError):
            Model(**{key: value})


def test_a_name_that_yaml_reads_as_a_number_is_a_name():
    assert Frames(per_subject={7: 3}).per_subject == {"7": 3}


@pytest.mark.parametrize(
    "kind, values, key",
    [
        (Filter, {"treshold": 0.5}, "treshold"),
        (Model, {"augment": {"rotate": 1}}, "rotate"),
        (Filter, {"steps": [{"method": "median", "windw": 5}]}, "windw"),
    ],
)
def test_an_unknown_key_is_an_error(kind, values, key):
    with pytest.raises(ValidationError, match=key):
        kind(**values)


def test_steps_of_the_filter_are_built_by_their_method():
    steps = Filter(steps=[{"method": "hampel", "deviations": 4}, {"method": "confidence"}, {"method": "hampel"}]).steps
    assert steps == (Hampel(deviations=4.0), Confidence(), Hampel()) and isinstance(steps[0].deviations, float)
    values = Filter(steps=[{"method": "median"}]).model_dump()
    assert values["steps"] == ({"method": "median", "window": 5},) and Filter(**values).steps == (Median(),)
    assert Filter(steps=[]).steps == ()


@pytest.mark.parametrize("method", STEPS)
def test_each_method_gives_its_step(method):
    assert Filter(steps=[{"method": method}]).steps == (STEPS[method](),)


def test_the_same_settings_are_the_same_plain_values_however_they_are_written():
    """Snakemake finds changes of parameters by their values."""
    values = [Model(**given).model_dump() for given in ({}, {"sigma": 3, "augment": {"rotation": 180}}, {"sigma": 3.0})]
    assert repr(values[0]) == repr(values[1]) == repr(values[2])


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        Filter().threshold = 0.5


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_setting_has_a_description(kind):
    for name, field in kind.model_fields.items():
        assert name == "method" or field.description or isinstance(getattr(kind(), name), Settings), name


def test_engines_are_those_of_the_runtimes():
    assert get_args(EngineName) == ("auto", *ENGINES)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_defaults_are_of_the_type_of_their_field(kind):
    values = kind().model_dump()
    assert repr(kind(**values).model_dump()) == repr(values)  # 3 for 3.0 would not come out the same
