"""Cache of the images that were shown last."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posemake.data.images import read_image

SIZE = 8  # images


class ImageCache:
    """Reads images, and keeps those that were read last.

    Parameters
    ----------
    paths
        The image of each frame.
    size
        Number of images to keep.
    """

    def __init__(self, paths: Sequence[Path], size: int = SIZE) -> None:
        self._paths, self._size = list(paths), size
        self._images: OrderedDict[int, np.ndarray] = OrderedDict()

    def read(self, index: int) -> np.ndarray:
        """Return a frame as RGB uint8 (H, W, 3).

        Raises
        ------
        PosemakeError
            If the file is missing or damaged.
        """
        image = self._images.pop(index, None)
        if image is None:
            image = read_image(self._paths[index])
        self._images[index] = image
        while len(self._images) > self._size:
            self._images.popitem(last=False)
        return image
