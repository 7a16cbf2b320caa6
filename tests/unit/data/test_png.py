"""Writing of PNG images."""

import numpy as np

from posemake.data.images import read_image
from posemake.data.png import write_png


def test_an_image_is_read_as_it_was_written(tmp_path):
    image = np.random.default_rng(0).integers(0, 255, (6, 8, 3), np.uint8)
    write_png(tmp_path / "a.png", image)
    assert np.array_equal(read_image(tmp_path / "a.png"), image)
