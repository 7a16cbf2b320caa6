"""Learning rate over the training, and detection of a training that diverges."""

import math

from posemake.config.settings import Model

MILESTONES = (0.6, 0.85)  # shares of the training after which the rate of `multistep` falls to a tenth
HIGH_FACTOR = 5.0  # a loss this many times that of the start is more than one bad batch
HIGH_CHECKS = 5  # checks in a row with a high loss, from which on a training has diverged


def learning_rate(step: int, settings: Model) -> float:
    """Return the rate at a step.

    After a linear warm-up, ``cosine`` falls along half a cosine to one hundredth (Loshchilov & Hutter, ICLR 2017), and
    ``multistep`` falls to a tenth at each milestone.
    """
    if step < settings.warmup:
        return settings.learning_rate * (step + 1) / settings.warmup
    if settings.schedule == "multistep":
        return settings.learning_rate * 0.1 ** sum(step >= share * settings.steps for share in MILESTONES)
    progress = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return settings.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


class DivergenceDetector:
    """Detects from the mean loss, given now and then, that a training has diverged.

    Parameters
    ----------
    initial
        Loss at the start, None if it is not known yet.
    high
        Checks in a row, up to now, with a high loss.
    """

    def __init__(self, initial: float | None = None, high: int = 0):
        self.initial, self.high = initial, high

    def check(self, loss: float) -> bool:
        """Return whether the loss is not finite, or has been far above its start for several checks in a row."""
        if self.initial is None:
            self.initial = loss
        self.high = self.high + 1 if loss > HIGH_FACTOR * self.initial else 0
        return not math.isfinite(loss) or self.high >= HIGH_CHECKS
