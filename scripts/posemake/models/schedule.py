"""How fast a network learns at each step, and when its loss says that this was too fast."""

import math

from posemake.config.settings import Model

MILESTONES = (0.6, 0.85)  # shares of the training at which the rate of `multistep` falls to a tenth
TIMES = 5.0  # a loss that many times that of the start is no bad batch
CHECKS = 5  # in a row


def learning_rate(step: int, settings: Model) -> float:
    """Rate at a step, after a linear warm-up.

    ``cosine``: half a cosine to one hundredth (Loshchilov & Hutter, ICLR 2017). ``multistep``: to a tenth at each milestone.
    """
    if step < settings.warmup:
        return settings.learning_rate * (step + 1) / settings.warmup
    if settings.schedule == "multistep":
        return settings.learning_rate * 0.1 ** sum(step >= share * settings.steps for share in MILESTONES)
    done = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return settings.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


class LossWatch:
    """Tells from the mean loss, given now and then, whether training has diverged."""

    def __init__(self, start: float | None = None, high: int = 0):
        self.start, self.high = start, high

    def diverged(self, loss: float) -> bool:
        """Whether the loss is no number, or has been far above its start for several times in a row."""
        if self.start is None:
            self.start = loss
        self.high = self.high + 1 if loss > TIMES * self.start else 0
        return not math.isfinite(loss) or self.high >= CHECKS
