"""Width of the peaks of heatmaps."""

MIN_SIGMA = 0.75  # cells; a narrower peak could fall between two cells


def peak_width(sigma: float, stride: int) -> float:
    """Return a peak's standard deviation in input pixels: ``sigma``, but at least ``MIN_SIGMA`` cells of ``stride`` pixels."""
    return max(sigma, MIN_SIGMA * stride)
