"""The learning curve of a training while it lasts, as event files that TensorBoard shows."""

import contextlib
import time
from pathlib import Path
from typing import Any

from posemake.core.log import logger

TAGS = {  # by column of the history; what is before the slash stands together
    "train_loss": "loss/train",
    "validation_loss": "loss/validation",
    "train_error": "error_px/train",
    "train_median": "error_px/train_median",
    "validation_error": "error_px/validation",
    "validation_median": "error_px/validation_median",
    "learning_rate": "training/learning_rate",
    "images_per_second": "training/images_per_second",
}


class LiveCurve:
    """The curve of one training in a folder of its own; nothing, where there is no folder or no package tensorboard.

    Each attempt at a training writes a file that says that those before it count no more, and begins with the history so far. So
    no step is shown twice and none is missing, whatever a process that was killed had written or left half written. Earlier files
    stay: a TensorBoard that is open reads on from the one it is at, and stands still if that is gone.

    Parameters
    ----------
    folder
        Where to write.
    history
        Rows of the validations so far.
    seconds
        That the training took so far.
    """

    def __init__(self, folder: str | Path | None, history: list[dict[str, float]], seconds: float):
        self.writer: Any = None
        if not folder:
            return
        try:
            from torch.utils.tensorboard import SummaryWriter

            self.writer = SummaryWriter(str(folder), purge_step=0)  # what earlier files have from that step on is forgotten
        except Exception as error:  # packages that do not fit raise whatever they like, and no training ends for that
            logger.info("no live curve for TensorBoard (%s)", error)
            return
        self.begun = time.time() - seconds
        self.add(*history)

    def add(self, *rows: dict[str, float]) -> None:
        """Write rows of the history, at the time at which an undisturbed training would have come to them."""
        if self.writer is None:
            return
        try:
            for row in rows:
                for name, tag in TAGS.items():
                    self.writer.add_scalar(tag, row[name], row["step"], self.begun + row["seconds"])
            self.writer.flush()
        except OSError as error:  # such as a full disk
            logger.info("the live curve for TensorBoard ends here (%s)", error)
            self.writer = None

    def close(self) -> None:
        """Close the file."""
        if self.writer is not None:
            with contextlib.suppress(OSError):
                self.writer.close()
