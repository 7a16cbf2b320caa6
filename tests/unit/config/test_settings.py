import dataclasses

import pytest

from posemake.config import settings
from posemake.config.filter_steps import STEPS, Confidence, Hampel, Median
from posemake.config.settings import Augment, Evaluate, Filter, Model, Refine, make, plain

KINDS = [kind for kind in vars(settings).values() if dataclasses.is_dataclass(kind)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_nothing_given_gives_the_defaults(kind):
    assert make(kind) == make(kind, None) == make(kind, {}) == kind()
    assert set(plain(kind)) == {field.name for field in dataclasses.fields(kind)}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_plain_values_make_the_same_settings_again(kind):
    assert make(kind, plain(kind)) == kind()


def test_given_values_take_their_place_and_kind():
    made = make(Model, {"steps": 10, "sigma": 4, "augment": {"scale": [1, 2], "rotation": 90}})
    assert made == Model(steps=10, sigma=4.0, augment=Augment(scale=(1, 2), rotation=90.0))
    assert isinstance(made.sigma, float) and isinstance(made.augment.rotation, float)
    assert make(Evaluate, {"pck": [1]}).pck == (1,)
    assert make(Refine, {"body": ["snout", "tail"]}).body == ("snout", "tail")


def test_a_whole_number_written_as_a_float_is_whole():
    made = make(Model, {"steps": 1000.0})
    assert made.steps == 1000 and isinstance(made.steps, int)


@pytest.mark.parametrize("values", [{"treshold": 0.5}, {"threshold": 0.5, "x": 1}])
def test_an_unknown_key_is_an_error(values):
    with pytest.raises(TypeError, match=r"treshold|'x'"):
        make(Filter, values)


def test_an_unknown_key_within_is_an_error():
    with pytest.raises(TypeError, match="rotate"):
        make(Model, {"augment": {"rotate": 1}})
    with pytest.raises(TypeError, match="windw"):
        make(Filter, {"steps": [{"method": "median", "windw": 5}]})


def test_steps_of_the_filter_are_made_by_their_method():
    made = make(Filter, {"steps": [{"method": "hampel", "deviations": 4}, {"method": "confidence"}, {"method": "hampel"}]})
    assert made.steps == (Hampel(deviations=4.0), Confidence(), Hampel()) and isinstance(made.steps[0].deviations, float)
    filled = plain(Filter, {"steps": [{"method": "median"}]})
    assert filled["steps"] == ({"method": "median", "window": 5},) and make(Filter, filled).steps == (Median(),)
    assert make(Filter, {"steps": []}).steps == ()


@pytest.mark.parametrize("method", STEPS)
def test_each_method_makes_its_step(method):
    assert make(Filter, {"steps": [{"method": method}]}).steps == (STEPS[method](),)


def test_the_same_settings_are_the_same_plain_values_however_they_are_written():
    assert plain(Model, {"sigma": 3, "augment": {"rotation": 180}}) == plain(Model, {}) == plain(Model, {"sigma": 3.0})
    assert repr(plain(Model, {"sigma": 3})) == repr(plain(Model, {"sigma": 3.0}))  # what a change of parameters is seen by
