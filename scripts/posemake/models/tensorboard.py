"""Learning curve of a running training, as event files for TensorBoard."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from posemake.core.log import logger
from posemake.core.paths import StrPath

TAGS = {  # of columns of the history; TensorBoard groups them by what stands before the slash
    "train_loss": "loss/train",
    "validation_loss": "loss/validation",
    "train_error": "error_px/train",
    "train_median": "error_px/train_median",
    "validation_error": "error_px/validation",
    "validation_median": "error_px/validation_median",
    "learning_rate": "training/learning_rate",
    "images_per_second": "training/images_per_second",
}


class TensorboardCurve:
    """Curve of one training in a folder of its own; does nothing without a folder or without the package tensorboard.

    Each attempt at a training writes a file that invalidates those before it and begins with the history so far. So no step is
    shown twice and none is missing, whatever an interrupted process had written. Earlier files stay: an open TensorBoard reads on
    from its file, and stops if that is gone.

    Parameters
    ----------
    folder
        Folder to write to, or None.
    history
        Rows of the validations so far.
    seconds
        Duration of the training so far.
    """

    def __init__(self, folder: StrPath | None, history: Sequence[Mapping[str, float]], seconds: float):
        self.writer: Any = None
        if not folder:
            return
        try:
            from torch.utils.tensorboard import SummaryWriter

            self.writer = SummaryWriter(str(folder), purge_step=0)  # forget what earlier files have from this step on
        except Exception as error:  # incompatible packages raise errors of any kind, and no training fails for that
            logger.info("no curve for TensorBoard (%s)", error)
            return
        self.start = time.time() - seconds
        self.add(*history)

    def add(self, *rows: Mapping[str, float]) -> None:
        """Write rows of the history, at the times at which an uninterrupted training would have reached them."""
        if self.writer is None:
            return
        try:
            for row in rows:
                for name, tag in TAGS.items():
                    self.writer.add_scalar(tag, row[name], row["step"], self.start + row["seconds"])
            self.writer.flush()
        except OSError as error:  # such as a full disk
            logger.info("the curve for TensorBoard ends here (%s)", error)
            self.writer = None

    def close(self) -> None:
        """Close the file."""
        if self.writer is not None:
            with contextlib.suppress(OSError):
                self.writer.close()
