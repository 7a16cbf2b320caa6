"""Diagnosis of a learning curve (V validations of one training)."""

from dataclasses import dataclass

import numpy as np

FEW_VALIDATIONS = 4  # with fewer, noise and trend cannot be told apart
FEW_FRAMES = 40  # training frames; published trackers use one to two hundred at least
NOISY = 0.2  # median jump beyond both neighbours, as a share of the error
PLATEAU = 0.05  # share of the least error within which an error counts as equally good
EARLY = 0.35  # share of the training in which a plateau is too early
RISING = 1.25  # ratio of the last errors to the least one
GAP = 3.0  # ratio of validation to training error, beyond which the network has memorised its training frames
FALLING = 0.15  # share by which the error still falls in the last fifth
UNLEARNED = 1.5  # ratio of the training error to the width of the heatmap's peak, beyond which frames are not learned yet
STUCK = 0.1  # share by which the training loss falls at least, where anything is learned
LEAP = 1.5  # ratio of validation to training loss, from which the loss has leapt as it does where steps are too wide
FEW_LEAPS = 3  # leaps from which a training is unstable; some trainings recover from one or two


@dataclass(frozen=True)
class Finding:
    """A fault of a training, and what may mend it."""

    name: str
    what: str  # the fault in figures
    remedy: str  # one sentence about the settings to change


@dataclass(frozen=True)
class LearningCurve:
    """Columns of a history, each (V,); errors in pixels."""

    step: np.ndarray
    train_loss: np.ndarray
    validation_loss: np.ndarray
    train_error: np.ndarray
    validation_error: np.ndarray


def _smooth(values: np.ndarray) -> np.ndarray:
    """Return the running median of three values."""
    padded = np.concatenate([values[:1], values, values[-1:]])
    return np.median([padded[:-2], padded[1:-1], padded[2:]], axis=0)


def _noise(error: np.ndarray) -> float:
    """Return the median share by which an error of the second half lies above or below both neighbours.

    A steep fall is no noise.
    """
    before, here, after = error[:-2], error[1:-1], error[2:]
    beyond = np.maximum(here - np.maximum(before, after), np.minimum(before, after) - here)
    jumps = np.maximum(beyond, 0) / here
    return float(np.median(jumps[len(jumps) // 2 :]))


def diagnose(curve: LearningCurve, frames: int, peak_width: float) -> list[Finding]:
    """Return the faults of a training, each with a remedy.

    Parameters
    ----------
    curve
        Losses and errors of the validations.
    frames
        Number of training frames.
    peak_width
        Standard deviation of the heatmap's peak, in the same pixels as the errors.
    """
    findings = []
    if frames < FEW_FRAMES:
        remedy = "Label more: raise `frames.per_video` or add videos."
        findings.append(Finding("too few data", f"there are {frames} training frames", remedy))
    if len(curve.step) < FEW_VALIDATIONS:
        remedy = "Lower `validate_every`, so that the curve can be judged."
        return [*findings, Finding("too few validations", f"there are {len(curve.step)}", remedy)]
    unlearned = bool(curve.train_error[-1] > UNLEARNED * peak_width)
    noise = _find_noise(curve)
    rise = None if unlearned else _find_rise(curve)
    found = (noise, rise, _find_overfitting(curve), _find_slow_or_unstable(curve, unlearned, bool(noise), bool(rise)))
    return findings + [finding for finding in found if finding]


def _find_noise(curve: LearningCurve) -> Finding | None:
    noise = _noise(curve.validation_error)
    if noise <= NOISY:
        return None
    return Finding(
        "noisy",
        f"the validation error jumps by {noise:.0%} from one validation to the next",
        "Lower `learning_rate` or raise `batch_size`; with few validation frames, label more.",
    )


def _find_rise(curve: LearningCurve) -> Finding | None:
    step, error = curve.step, curve.validation_error
    best, last = int(error.argmin()), max(2, len(step) // 5)
    ratio = float(np.median(error[-last:]) / error[best])
    if ratio <= RISING or step[best] > 0.8 * float(step[-1]):
        return None
    return Finding(
        "rising at the end",
        f"the validation error ends {ratio:.1f} times above its least, of step {step[best]}, whose weights are kept",
        "Lower `steps` or `patience`, or widen `augment`.",
    )


def _find_overfitting(curve: LearningCurve) -> Finding | None:
    best = int(curve.validation_error.argmin())
    validation, train = curve.validation_error[best], curve.train_error[best]
    ratio = float(validation / max(train, 1e-9))
    if ratio <= GAP or validation - train <= 1:
        return None
    return Finding(
        "overfitting",
        f"the validation error is {ratio:.1f} times the training error",
        "Label more frames of other videos, or widen `augment`.",
    )


def _find_slow_or_unstable(curve: LearningCurve, unlearned: bool, noisy: bool, rising: bool) -> Finding | None:
    """Return the first fault of the training's course that applies.

    Parameters
    ----------
    curve
        Losses and errors of the validations.
    unlearned
        The training frames themselves are not learned yet.
    noisy, rising
        These faults were found.
    """
    step, error, end = curve.step, _smooth(curve.validation_error), float(curve.step[-1])
    leaps = int((curve.validation_loss > LEAP * curve.train_loss).sum())
    if unlearned and leaps >= FEW_LEAPS:
        return Finding(
            "unstable",
            f"the validation loss leapt to more than {LEAP} times the training loss at {leaps} of {len(step)} validations",
            "Lower `learning_rate`, to a tenth at first.",
        )
    fall = 1 - float(error[-2] / np.interp(0.8 * end, step, error))  # the last but one is the median of the last three
    if fall > FALLING and not noisy:
        return Finding("not yet converged", f"the validation error still fell by {fall:.0%} in the last fifth", "Raise `steps`.")
    if unlearned and 1 - float(curve.train_loss[-1] / curve.train_loss[0]) < STUCK:
        return Finding(
            "nothing learned",
            f"the training loss hardly fell, and the error on the training frames is {curve.train_error[-1]:.0f} px",
            "Raise `learning_rate`, to ten times at first.",
        )
    plateau = step[np.flatnonzero(error <= (1 + PLATEAU) * error.min())[0]]
    learned = 1 - float(curve.train_loss[-1] / np.interp(plateau, step, curve.train_loss))
    if plateau <= EARLY * end and learned < PLATEAU and not rising:
        return Finding(
            "early plateau",
            f"neither loss nor validation error falls after step {plateau}",
            "Raise `learning_rate`, or use a larger `backbone`; if the error is good, lower `steps`.",
        )
    if unlearned:  # a learning rate that falls to nothing ends any curve flat
        return Finding(
            "not yet converged",
            f"the error on the training frames is still {curve.train_error[-1]:.0f} px",
            "Raise `steps`.",
        )
    return None
