"""Principal components and k-means clusters of frames (N frames, D features, C components)."""

import numpy as np

MAX_COMPONENTS = 50  # principal components; further ones describe noise
STARTS = 4  # starts of k-means, of which the best is kept


def principal_components(features: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Return principal components (N, C) of features, fitted on the usable frames alone.

    Parameters
    ----------
    features
        (N, D) of all frames.
    usable
        (N,) frames on which the components are fitted.

    Returns
    -------
    ndarray
        (N, C) float32, C up to 50; (N, 2) of NaN if fewer than two frames are usable.
    """
    from sklearn.decomposition import PCA

    rows = np.flatnonzero(usable)
    if len(rows) < 2:
        return np.full((len(features), 2), np.nan, np.float32)
    # centred first: the covariance of grey levels far from 0 would lose digits in single precision
    centred = features.astype(np.float32)
    centred -= centred[rows].mean(0)
    solver = "covariance_eigh" if len(rows) > features.shape[1] else "full"
    with np.errstate(invalid="ignore"):  # the explained share of no variance, where all frames are the same
        model = PCA(min(MAX_COMPONENTS, len(rows), features.shape[1]), svd_solver=solver).fit(centred[rows])
    return model.transform(centred)


def cluster(points: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Cluster points by k-means (Lloyd's algorithm, k-means++ start).

    Parameters
    ----------
    points
        (N, C).
    count
        Number of clusters; fewer if fewer points differ.
    seed
        Seed of the random starts.

    Returns
    -------
    labels
        (N,) cluster of each point.
    distance
        (N,) distance of each point to the centre of its cluster.
    """
    from sklearn.cluster import KMeans

    count = min(count, len(np.unique(points.round(3), axis=0)))  # identical frames are one cluster
    means = KMeans(count, n_init=STARTS, random_state=seed).fit(points)
    return means.labels_, np.linalg.norm(points - means.cluster_centers_[means.labels_], axis=1)
