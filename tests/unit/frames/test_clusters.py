"""Principal components and clusters of frames."""

import numpy as np

from posemake.frames.clusters import principal_components


def test_components_keep_distances_and_are_found_without_the_dropped():
    features = np.random.default_rng(1).integers(0, 255, (60, 8)).astype(np.uint8)
    usable = np.ones(60, bool)
    points = principal_components(features, usable)
    exact = np.linalg.norm(features[:, None].astype(float) - features[None], axis=-1)
    assert np.allclose(np.linalg.norm(points[:, None] - points[None], axis=-1), exact, atol=1e-2)
    assert (np.diff(points.std(0)) < 0).all() and points.shape == (60, 8)
    usable[7] = False
    outlier = features.copy()
    outlier[7] = 0
    without = principal_components(outlier, usable)
    assert np.allclose(without[usable], principal_components(features, usable)[usable], atol=1e-3)
    assert len(principal_components(features[:20], usable[:20])) == 20
