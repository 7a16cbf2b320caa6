"""Choice of frames to label among the candidates of one video (N candidates in time, D features, P pixels of a thumbnail)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from posemake.config.settings import Frames
from posemake.frames.candidates import Candidates, find_useless

MAX_COMPONENTS = 50  # of the principal components: more describe noise
STARTS = 4  # of k-means, of which the best is kept


@dataclass(frozen=True)
class Choice:
    """The chosen candidates and how all of them were seen."""

    rows: list[int]  # of the candidates, ascending
    methods: list[str]  # one per chosen row, as are the reasons
    reasons: list[str]
    dropped: np.ndarray  # (N,) why a candidate cannot be chosen, or empty
    components: np.ndarray  # (N, 2) first two principal components of the features, NaN where there are none
    clusters: np.ndarray  # (N,) number of the k-means cluster, -1 for none
    note: str  # what kept the number from being reached, or empty


def share_out(count: int, shares: dict[str, float]) -> dict[str, int]:
    """Divide a number by shares that sum to 1, by largest remainder (Hamilton's method); ties go to the first."""
    whole = {name: int(count * share) for name, share in shares.items()}
    rest = sorted(shares, key=lambda name: whole[name] - count * shares[name])
    return whole | {name: whole[name] + 1 for name in rest[: count - sum(whole.values())]}


def principal_components(features: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Principal components (N, C) of features (N, D), found on the usable rows alone; C is 50 or what there is."""
    from sklearn.decomposition import PCA

    known = np.flatnonzero(usable)
    if len(known) < 2:
        return np.full((len(features), 2), np.nan, np.float32)
    # centred first: the covariance of grey levels far from 0 would lose digits in single precision
    centred = features.astype(np.float32)
    centred -= centred[known].mean(0)
    solver = "covariance_eigh" if len(known) > features.shape[1] else "full"
    with np.errstate(invalid="ignore"):  # the share of no variance, where all frames are the same
        model = PCA(min(MAX_COMPONENTS, len(known), features.shape[1]), svd_solver=solver).fit(centred[known])
    return model.transform(centred)


def cluster(points: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """K-means (Lloyd's, k-means++ start): the cluster of each point (N, C), and its distance to the centre, both (N,)."""
    from sklearn.cluster import KMeans

    count = min(count, len(np.unique(points.round(3), axis=0)))  # identical frames are one cluster
    means = KMeans(count, n_init=STARTS, random_state=seed).fit(points)
    return means.labels_, np.linalg.norm(points - means.cluster_centers_[means.labels_], axis=1)


def find_peaks(motion: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Rows at which motion (N,) peaks, the most prominent first.

    A candidate after one that is dropped seems to move as well (a flash), so both are bridged on a straight line.
    """
    from scipy import signal

    sound = usable & np.isfinite(motion)
    sound[1:] &= usable[:-1]
    if not sound.any():
        return np.array([], int)
    rows = np.arange(len(motion))
    peaks, found = signal.find_peaks(np.interp(rows, rows[sound], motion[sound]), prominence=0)
    order = np.lexsort((peaks, -found["prominences"]))
    return peaks[order][sound[peaks[order]]]


class Pool:
    """The candidates that can still be taken, and those taken: apart in time, not alike, and of the number asked for."""

    def __init__(self, candidates: Candidates, usable: np.ndarray, count: int, wanted: Frames):
        self.frames, self.thumbnails = candidates.frames, candidates.thumbnails
        self.count, self.distance, self.duplicate = count, max(1, wanted.min_distance), wanted.duplicate
        self.free = usable.copy()
        self.alike = np.zeros(len(usable), bool)
        self.taken: dict[int, tuple[str, str]] = {}  # row: (method, reason)

    def _around(self, row: int) -> slice:
        frame = self.frames[row]
        return slice(*np.searchsorted(self.frames, (frame - self.distance + 1, frame + self.distance)))

    def _room(self, free: np.ndarray, most: int) -> int:
        """How many of the free candidates could be taken together, counted up to ``most``."""
        frames, count, at = self.frames[free], 0, 0
        while at < len(frames) and count < most:
            at = np.searchsorted(frames, frames[at] + self.distance)
            count += 1
        return count

    def _looks_taken(self, row: int) -> bool:
        if not self.taken:
            return False
        off = self.thumbnails[list(self.taken)].astype(np.int32) - self.thumbnails[row]
        return np.sqrt((off**2).mean(1)).min() < self.duplicate

    def take(self, row: int, method: str, reason: str) -> bool:
        """Take a candidate if nothing speaks against it: its neighbours, its looks, or that the number could not be reached."""
        row = int(row)
        if len(self.taken) == self.count or not self.free[row]:
            return False
        if self._looks_taken(row):
            self.alike[row], self.free[row] = True, False
            return False
        open_, left = self.count - len(self.taken), self.free.copy()
        left[self._around(row)] = False
        # the first free candidate always passes this, so that filling up comes to an end
        if self._room(left, open_ - 1) + 1 < self._room(self.free, open_):
            return False
        self.free = left
        self.taken[row] = (method, reason)
        return True

    def take_first(self, rows: Iterable[int], method: str, reason: str) -> bool:
        """Take the first candidate that can be taken."""
        return any(self.take(row, method, reason) for row in rows)


def take_clusters(pool: Pool, labels: np.ndarray, distance: np.ndarray, rows: np.ndarray) -> None:
    """Of each cluster of the rows take the member nearest to the centre; small clusters first, as they have fewer to offer.

    After DeepLabCut's frame extraction (Nath et al., Nature Protocols 2019), which takes a random member.
    """
    sizes = np.bincount(labels)
    for label in np.argsort(sizes, kind="stable"):
        members = np.flatnonzero(labels == label)
        order = rows[members[np.argsort(distance[members], kind="stable")]]
        to = f"to the centre of a cluster of {sizes[label]} frames"
        if not pool.take(order[0], "kmeans", f"k-means: nearest {to}"):
            pool.take_first(order[1:], "kmeans", f"k-means: next nearest {to}")


def take_peaks(pool: Pool, peaks: np.ndarray, motion: np.ndarray, count: int) -> None:
    """Take up to ``count`` peaks of motion (N,), the most prominent first."""
    for rank, row in enumerate(peaks, 1):
        if count and pool.take(row, "motion", f"motion: peak {rank} of {len(peaks)}, {motion[row]:.2g} px per frame"):
            count -= 1


def take_evenly(pool: Pool, rows: np.ndarray, count: int) -> None:
    """Take one candidate of each of ``count`` equal parts of the rows, as near to its middle as can be."""
    for number, part in enumerate(np.array_split(rows, count), 1):
        from_middle = np.argsort(np.abs(np.arange(len(part)) - (len(part) - 1) / 2), kind="stable")
        pool.take_first(part[from_middle], "uniform", f"uniform: part {number} of {count} of the time")


def fill_up(pool: Pool, points: np.ndarray) -> None:
    """Take what is farthest from all that is taken, in the space of the points (N, C), until nothing can be taken."""
    nearest = np.full(len(points), np.inf)
    seen: set[int] = set()
    while len(pool.taken) < pool.count and pool.free.any():
        for row in pool.taken.keys() - seen:
            nearest = np.minimum(nearest, np.linalg.norm(points - points[row], axis=1))
        seen = set(pool.taken)
        free = np.flatnonzero(pool.free)
        farthest = free[np.argsort(-nearest[free], kind="stable")]
        pool.take_first(farthest, "fill", "fill: farthest from all that were chosen before")


def shortfall(pool: Pool, dropped: np.ndarray) -> str:
    """Why fewer are taken than asked for, in a sentence; empty if they are not."""
    if len(pool.taken) == pool.count:
        return ""
    reasons = dict(sorted(Counter(why for why in dropped if why).items()))
    alike = int(pool.alike.sum())
    reasons["too near to a chosen one (min_distance)"] = int((dropped == "").sum()) - alike - len(pool.taken)
    reasons["too like a chosen one (duplicate)"] = alike
    left_out = ", ".join(f"{number} {why}" for why, number in reasons.items() if number) or "none"
    return f"{len(pool.taken)} of {pool.count} frames are chosen; left out of {len(dropped)} candidates: {left_out}"


def choose(candidates: Candidates, count: int, wanted: Frames, listed: Iterable[int] = ()) -> Choice:
    """Choose ``count`` candidates, or as many as there are.

    Parameters
    ----------
    wanted
        Its ``method`` says how: `kmeans`, `motion`, `uniform`, the three by ``shares`` (`hybrid`), or `manual`. In all but
        the last, useless frames are dropped, chosen frames lie ``min_distance`` apart and differ by ``duplicate``, and what
        is missing to the number is filled up with frames that are farthest from the others.
    listed
        The frames of the method `manual`, all of them among the candidates.
    """
    from threadpoolctl import threadpool_limits

    dropped = find_useless(candidates.brightness, candidates.contrast, wanted.dark, wanted.flash)
    usable = dropped == ""
    rows = np.flatnonzero(usable)
    pool = Pool(candidates, usable, count, wanted)
    clusters = np.full(len(usable), -1)
    with threadpool_limits(1):  # sums in a fixed order, so that any number of cores chooses the same frames
        points = principal_components(candidates.features, usable)
        if wanted.method == "manual":
            for row in np.searchsorted(candidates.frames, sorted(set(listed))):
                pool.taken[int(row)] = ("manual", "manual: named in the sheet of videos")
        elif len(rows):
            shares = vars(wanted.shares) if wanted.method == "hybrid" else {wanted.method: 1.0}
            share = share_out(count, shares)
            if share.get("motion"):  # first, as there are few
                take_peaks(pool, find_peaks(candidates.motion, usable), candidates.motion, share["motion"])
            if share.get("kmeans") and len(rows) > 1:
                labels, distance = cluster(points[rows], share["kmeans"], wanted.seed)
                clusters[rows] = labels
                take_clusters(pool, labels, distance, rows)
            if share.get("uniform"):
                take_evenly(pool, rows, share["uniform"])
            fill_up(pool, points)
    chosen = sorted(pool.taken)
    methods, reasons = (list(column) for column in zip(*(pool.taken[row] for row in chosen))) if chosen else ([], [])
    components = np.pad(points[:, :2], ((0, 0), (0, max(0, 2 - points.shape[1]))))
    return Choice(chosen, methods, reasons, dropped, components, clusters, shortfall(pool, dropped))
