"""What a learning curve tells, in words (V validations of one training)."""

from dataclasses import dataclass

import numpy as np

FEW_VALIDATIONS = 4  # of fewer, nobody can say what is usual
FEW_FRAMES = 40  # of training; published trackers start at one to two hundred
NOISY = 0.2  # median jump beyond both neighbours, as a share of the error
BETTER = 0.05  # share by which an error has to fall to count as better
EARLY = 0.35  # share of the training in which a plateau comes too early
RISING = 1.25  # times the least error, at the end
GAP = 3.0  # times the training error, beyond which the network knows its training frames by heart
FALLING = 0.15  # share by which the error still falls in the last fifth
UNLEARNT = 1.5  # widths of the peak that marks a keypoint: training frames whose error is larger are not learned yet
STUCK = 0.1  # share by which the training loss falls at least, where anything is learned
LEAP, LEAPS = 1.5, 3  # times the training loss, to which that of validation leaps where steps are too wide; so many times


@dataclass(frozen=True)
class Finding:
    """Something about a training that can be bettered."""

    name: str
    what: str
    remedy: str


def _smooth(values: np.ndarray) -> np.ndarray:
    """Running median of three."""
    padded = np.concatenate([values[:1], values, values[-1:]])
    return np.median([padded[:-2], padded[1:-1], padded[2:]], axis=0)


def _noise(error: np.ndarray) -> float:
    """Median share by which an error of the second half lies above or below both its neighbours; a steep fall is no noise."""
    before, here, after = error[:-2], error[1:-1], error[2:]
    beyond = np.maximum(here - np.maximum(before, after), np.minimum(before, after) - here)
    jumps = np.maximum(beyond, 0) / here
    return float(np.median(jumps[len(jumps) // 2 :]))


def diagnose(
    step: np.ndarray,
    train_loss: np.ndarray,
    validation_loss: np.ndarray,
    train_error: np.ndarray,
    validation_error: np.ndarray,
    frames: int,
    sigma: float,
) -> list[Finding]:
    """Find what is wrong with a training, each with one sentence about the key that may mend it.

    Parameters
    ----------
    step, train_loss, validation_loss, train_error, validation_error
        (V,); errors in pixels.
    frames
        Number of training frames.
    sigma
        Width of the peak that marks a keypoint, in the same pixels as the errors.
    """
    found = []

    def say(name: str, what: str, remedy: str) -> None:
        found.append(Finding(name, what, remedy))

    if frames < FEW_FRAMES:
        say("too few data", f"there are {frames} training frames", "Label more: raise `frames.per_video` or add videos.")
    if len(step) < FEW_VALIDATIONS:
        say("too few validations", f"there are {len(step)}", "Lower `validate_every`, so that the curve can be judged.")
        return found
    error, end = _smooth(validation_error), float(step[-1])
    least = int(validation_error.argmin())
    noise = _noise(validation_error)
    unlearnt = train_error[-1] > UNLEARNT * sigma
    if noise > NOISY:
        say(
            "noisy",
            f"the validation error jumps by {noise:.0%} from one validation to the next",
            "Lower `learning_rate` or raise `batch_size`; with few validation frames, label more.",
        )
    last = max(2, len(step) // 5)
    rise = float(np.median(validation_error[-last:]) / validation_error[least])
    rising = rise > RISING and step[least] <= 0.8 * end and not unlearnt
    if rising:
        say(
            "rising at the end",
            f"the validation error ends {rise:.1f} times above its least, of step {step[least]}, whose weights are kept",
            "Lower `steps` or `patience`, or widen `augment`.",
        )
    gap = float(validation_error[least] / max(train_error[least], 1e-9))
    if gap > GAP and validation_error[least] - train_error[least] > 1:
        say(
            "overfitting",
            f"the validation error is {gap:.1f} times the training error",
            "Label more frames of other videos, or widen `augment`.",
        )
    reached = step[np.flatnonzero(error <= (1 + BETTER) * error.min())[0]]
    learnt = 1 - float(train_loss[-1] / np.interp(reached, step, train_loss))
    fall = 1 - float(error[-2] / np.interp(0.8 * end, step, error))  # the last but one is the median of the last three
    leaps = int((validation_loss > LEAP * train_loss).sum())
    if unlearnt and leaps >= LEAPS:  # one or two say little: some trainings recover from them
        say(
            "unstable",
            f"the validation loss leapt to more than {LEAP} times the training loss at {leaps} of {len(step)} validations",
            "Lower `learning_rate`, to a tenth at first.",
        )
    elif fall > FALLING and noise <= NOISY:
        say("not yet converged", f"the validation error still fell by {fall:.0%} in the last fifth", "Raise `steps`.")
    elif unlearnt and 1 - float(train_loss[-1] / train_loss[0]) < STUCK:
        say(
            "nothing learned",
            f"the training loss hardly fell, and the error on the training frames themselves is {train_error[-1]:.0f} px",
            "Raise `learning_rate`, to ten times at first.",
        )
    elif reached <= EARLY * end and learnt < BETTER and not rising:
        say(
            "early plateau",
            f"neither loss nor validation error falls after step {reached}",
            "Raise `learning_rate`, or take a stronger `backbone`; if the error is good, lower `steps`.",
        )
    elif unlearnt:  # a rate that falls to nothing ends any curve flat
        say(
            "not yet converged",
            f"the error on the training frames themselves is still {train_error[-1]:.0f} px",
            "Raise `steps`.",
        )
    return found
