"""Each fault of a learning curve is found on a drawn one, and none on a good one."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures.training import CPU, spot_frames

from posemake.config.settings import Model
from posemake.models.diagnosis import LearningCurve, diagnose
from posemake.models.train import fit_network

STEP = np.arange(100, 2001, 100)
SHARE = STEP / STEP[-1]
FALL = np.exp(-SHARE / 0.14)  # as a network learns
GOOD = {
    "train_loss": 1 + 6 * FALL,
    "validation_loss": 1.2 + 6 * FALL,
    "train_error": 1.5 + 30 * FALL,
    "validation_error": 2.0 + 34 * FALL,
}
FRAMES, WIDTH = 120, 6.0
WAVE = np.where(np.arange(len(STEP)) % 2, 1.4, 0.7)
STILL = 20 * np.minimum(SHARE, 0.6)
WILD = {"train_error": 14 + 30 * FALL, "validation_error": 15 + 34 * FALL}
EARLY = np.where(SHARE < 0.2, 3.0, 1.0)

CASES = {
    "too few data": ({"frames": 12}, "`frames.per_video`"),
    "noisy": ({"validation_error": GOOD["validation_error"] * WAVE}, "`learning_rate`"),
    "rising at the end": ({"validation_error": 2 + 34 * FALL + 6 * np.maximum(0, SHARE - 0.5)}, "`steps`"),
    "overfitting": ({"train_error": 0.3 + 30 * np.exp(-SHARE / 0.1), "validation_error": 4 + 34 * FALL}, "`augment`"),
    "not yet converged": ({"validation_error": 40 * np.exp(-SHARE / 0.6), "train_error": 35 * np.exp(-SHARE / 0.6)}, "`steps`"),
    "early plateau": ({"train_loss": 4 * EARLY, "train_error": 8 * EARLY, "validation_error": 10 * EARLY}, "`learning_rate`"),
    "nothing learned": (
        {"train_loss": 7 - 0.5 * SHARE, "train_error": 60 - 20 * SHARE, "validation_error": 61 - 20 * SHARE},
        "ten times",
    ),
    "unstable": (WILD | {"validation_loss": np.where(SHARE < 0.3, 900.0, 1.2)}, "a tenth"),
}


COLUMNS = ("step", "train_loss", "validation_loss", "train_error", "validation_error")


def find(frames=FRAMES, **changed):
    return diagnose(LearningCurve(STEP, **GOOD | changed), frames, WIDTH)


def names(**changed):
    return [finding.name for finding in find(**changed)]


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_found_with_its_remedy(name):
    change, key = CASES[name]
    assert names(**change) == [name]
    assert key in find(**change)[0].remedy


def test_a_healthy_curve_gets_no_complaint():
    assert names() == []


def test_leaps_of_the_loss_that_do_no_harm_are_forgiven():
    one = np.where(np.arange(len(STEP)) == 2, 900.0, GOOD["validation_loss"])
    assert names(**WILD, validation_loss=one) == ["not yet converged"]
    assert names(validation_loss=np.where(SHARE < 0.3, 900.0, GOOD["validation_loss"])) == []  # in the end, all was learned


@pytest.mark.parametrize("seed", range(20))
def test_a_healthy_curve_with_ordinary_noise_gets_no_complaint(seed):
    rng = np.random.default_rng(seed)
    assert names(**{name: GOOD[name] * rng.normal(1, 0.04, len(STEP)) for name in ("train_error", "validation_error")}) == []


def test_of_few_validations_little_is_said():
    curve = LearningCurve(STEP[:2], **{name: values[:2] for name, values in GOOD.items()})
    assert [finding.name for finding in diagnose(curve, 100, WIDTH)] == ["too few validations"]


REAL = {  # curves that bench/curves.py wrote; number of training frames, and what was done wrong
    "good": (60, []),
    "too_short": (60, ["not yet converged"]),
    "six_frames": (6, ["too few data", "overfitting"]),
    "rate_too_high": (60, ["unstable"]),
    "rate_too_high_2": (60, ["unstable"]),
    "rate_too_high_3": (60, ["unstable"]),
    "rate_too_low": (60, ["nothing learned"]),
}


@pytest.mark.parametrize("name", REAL)
def test_a_real_curve_of_a_known_state(name):
    frames, expected = REAL[name]
    table = pd.read_csv(Path(__file__).parent / f"curves/{name}.csv")
    curve = LearningCurve(*(table[column].to_numpy() for column in COLUMNS))
    assert [finding.name for finding in diagnose(curve, frames, Model().sigma)] == expected


@pytest.mark.parametrize(("steps", "expected"), [(40, []), (8, ["not yet converged"])], ids=["long enough", "too short"])
def test_a_real_training(one_thread, steps, expected):
    """Of a tiny network, which learns a spot in few steps."""
    settings = Model(steps=steps, batch_size=4, warmup=5, validate_every=max(1, steps // 8), learning_rate=5e-4 * steps / 40)
    _, history = fit_network(spot_frames(8), spot_frames(4, seed=1), ["spot"], settings, CPU)
    curve = LearningCurve(*(np.array([row[name] for row in history]) for name in COLUMNS))
    assert [finding.name for finding in diagnose(curve, 100, settings.sigma)] == expected, curve
