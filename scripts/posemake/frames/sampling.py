"""Choice of frames to label among the candidates of one video (N candidates in time, D features, C principal components)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from posemake.config.settings import Frames
from posemake.core.plural import count_noun
from posemake.frames.candidates import Candidates, reasons_to_drop
from posemake.frames.clusters import cluster, principal_components


@dataclass(frozen=True)
class Choice:
    """The chosen candidates, and how all candidates were judged."""

    rows: list[int]  # rows of the chosen candidates, ascending
    methods: list[str]  # method by which each was chosen
    reasons: list[str]  # reason in words why each was chosen
    dropped: np.ndarray  # (N,) why a candidate cannot be chosen, or an empty text
    components: np.ndarray  # (N, 2) first two principal components of the features, NaN where there are none
    clusters: np.ndarray  # (N,) number of the k-means cluster, -1 for none
    note: str  # why fewer frames were chosen than wanted, or an empty text


def apportion(count: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Divide a number by shares that sum to 1, by largest remainder (Hamilton's method); ties go to the first."""
    whole = {name: int(count * share) for name, share in shares.items()}
    by_remainder = sorted(shares, key=lambda name: whole[name] - count * shares[name])
    return whole | {name: whole[name] + 1 for name in by_remainder[: count - sum(whole.values())]}


def find_peaks(motion: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Return the rows at which motion (N,) peaks, the most prominent first.

    Motion is measured from the frame before, so that a dropped candidate and the one after it are bridged by a straight line.

    Parameters
    ----------
    motion
        (N,) pixels per frame, NaN where it is unknown.
    usable
        (N,) candidates that are not dropped.
    """
    from scipy import signal

    valid = usable & np.isfinite(motion)
    valid[1:] &= usable[:-1]
    if not valid.any():
        return np.array([], int)
    rows = np.arange(len(motion))
    peaks, properties = signal.find_peaks(np.interp(rows, rows[valid], motion[valid]), prominence=0)
    order = np.lexsort((peaks, -properties["prominences"]))
    return peaks[order][valid[peaks[order]]]


class Pool:
    """The candidates that can still be taken, and those taken.

    Those taken lie apart in time, do not look alike, and are at most as many as wanted.

    Parameters
    ----------
    candidates
        Measurements of the candidates.
    usable
        (N,) candidates that are not dropped.
    count
        Number of frames that are wanted.
    settings
        Least distance and difference of two chosen frames.
    """

    def __init__(self, candidates: Candidates, usable: np.ndarray, count: int, settings: Frames):
        self.frames, self.thumbnails = candidates.frames, candidates.thumbnails
        self.count, self.min_distance, self.duplicate = count, max(1, settings.min_distance), settings.duplicate
        self.free = usable.copy()
        self.alike = np.zeros(len(usable), bool)
        self.taken: dict[int, tuple[str, str]] = {}  # row: (method, reason)

    def _neighbours(self, row: int) -> slice:
        """Return the rows that are too close in time to a row."""
        frame = self.frames[row]
        return slice(*np.searchsorted(self.frames, (frame - self.min_distance + 1, frame + self.min_distance)))

    def _capacity(self, free: np.ndarray, limit: int) -> int:
        """Return how many of the free candidates (N,) could be taken together, counted up to a limit."""
        frames, count, at = self.frames[free], 0, 0
        while at < len(frames) and count < limit:
            at = np.searchsorted(frames, frames[at] + self.min_distance)
            count += 1
        return count

    def _is_duplicate(self, row: int) -> bool:
        """Return whether a candidate looks like one that is taken."""
        if not self.taken:
            return False
        difference = self.thumbnails[list(self.taken)].astype(np.int32) - self.thumbnails[row]
        return bool(np.sqrt((difference**2).mean(1)).min() < self.duplicate)

    def take(self, row: int, method: str, reason: str) -> bool:
        """Take a candidate if it can be taken, and return whether it was.

        It cannot if it is too close to or looks like one that is taken, or if the wanted number could then not be reached.

        Parameters
        ----------
        row
            Row of the candidate.
        method, reason
            Method that takes it, and why in words.
        """
        row = int(row)
        if len(self.taken) == self.count or not self.free[row]:
            return False
        if self._is_duplicate(row):
            self.alike[row], self.free[row] = True, False
            return False
        missing, left = self.count - len(self.taken), self.free.copy()
        left[self._neighbours(row)] = False
        # the first free candidate always passes this, so that filling up comes to an end
        if self._capacity(left, missing - 1) + 1 < self._capacity(self.free, missing):
            return False
        self.free = left
        self.taken[row] = (method, reason)
        return True

    def take_first(self, rows: Iterable[int], method: str, reason: str) -> bool:
        """Take the first candidate that can be taken, and return whether there was one.

        Parameters
        ----------
        rows
            Rows of candidates in the order in which they are tried.
        method, reason
            Method that takes it, and why in words.
        """
        return any(self.take(row, method, reason) for row in rows)


def take_clusters(pool: Pool, labels: np.ndarray, distance: np.ndarray, rows: np.ndarray) -> None:
    """Take from each cluster the member nearest to its centre; small clusters first, as they offer fewer members.

    After DeepLabCut's frame extraction (Nath et al., Nature Protocols 2019), which takes a random member.

    Parameters
    ----------
    pool
        Candidates that can be taken.
    labels
        (R,) cluster of each row.
    distance
        (R,) distance of each row to the centre of its cluster.
    rows
        (R,) rows of the candidates that were clustered.
    """
    sizes = np.bincount(labels)
    for label in np.argsort(sizes, kind="stable"):
        members = np.flatnonzero(labels == label)
        order = rows[members[np.argsort(distance[members], kind="stable")]]
        centre = f"to the centre of a cluster of {count_noun(sizes[label], 'frame')}"
        if not pool.take(order[0], "kmeans", f"k-means: nearest {centre}"):
            pool.take_first(order[1:], "kmeans", f"k-means: next nearest {centre}")


def take_peaks(pool: Pool, peaks: np.ndarray, motion: np.ndarray, count: int) -> None:
    """Take peaks of motion, the most prominent first.

    Parameters
    ----------
    pool
        Candidates that can be taken.
    peaks
        Rows of the peaks, the most prominent first.
    motion
        (N,) pixels per frame.
    count
        Greatest number of peaks to take.
    """
    for rank, row in enumerate(peaks, 1):
        if count and pool.take(row, "motion", f"motion: peak {rank} of {len(peaks)}, {motion[row]:.2g} px per frame"):
            count -= 1


def take_uniform(pool: Pool, rows: np.ndarray, count: int) -> None:
    """Take one candidate from each of equal parts of the rows, as near to its middle as possible.

    Parameters
    ----------
    pool
        Candidates that can be taken.
    rows
        (R,) rows of the candidates, ascending.
    count
        Number of parts.
    """
    for number, part in enumerate(np.array_split(rows, count), 1):
        from_middle = np.argsort(np.abs(np.arange(len(part)) - (len(part) - 1) / 2), kind="stable")
        pool.take_first(part[from_middle], "uniform", f"uniform: part {number} of {count} of the time")


def fill_up(pool: Pool, points: np.ndarray) -> None:
    """Take the candidate that is farthest from all that are taken, until none can be taken.

    Distances are those of the points (N, C).
    """
    nearest = np.full(len(points), np.inf)
    seen: set[int] = set()
    while len(pool.taken) < pool.count and pool.free.any():
        for row in pool.taken.keys() - seen:
            nearest = np.minimum(nearest, np.linalg.norm(points - points[row], axis=1))
        seen = set(pool.taken)
        free = np.flatnonzero(pool.free)
        farthest_first = free[np.argsort(-nearest[free], kind="stable")]
        pool.take_first(farthest_first, "fill", "fill: farthest from all that were chosen before")


def describe_shortfall(pool: Pool, dropped: np.ndarray) -> str:
    """Return a sentence that says why fewer frames were taken than wanted; empty if the number was reached.

    ``dropped`` (N,) holds why candidates cannot be chosen, or empty texts.
    """
    if len(pool.taken) == pool.count:
        return ""
    reasons = dict(sorted(Counter(reason for reason in dropped if reason).items()))
    alike = int(pool.alike.sum())
    reasons["too near to a chosen one (min_distance)"] = int((dropped == "").sum()) - alike - len(pool.taken)
    reasons["too like a chosen one (duplicate)"] = alike
    left_out = ", ".join(f"{number} {reason}" for reason, number in reasons.items() if number) or "none"
    return f"{len(pool.taken)} of {pool.count} frames are chosen; left out of {count_noun(len(dropped), 'candidate')}: {left_out}"


def choose_frames(candidates: Candidates, count: int, settings: Frames, listed: Iterable[int] = ()) -> Choice:
    """Choose candidates to label.

    With every method but `manual`, candidates in which nothing can be seen are dropped, and chosen frames lie ``min_distance``
    apart and differ by ``duplicate``. If a method finds fewer than wanted, the frames farthest from the others are added.

    Parameters
    ----------
    candidates
        Measurements of the candidates.
    count
        Number of frames that are wanted.
    settings
        Its ``method`` is `kmeans`, `motion`, `uniform`, `hybrid` (the three by ``shares``) or `manual`.
    listed
        The frames of the method `manual`, all of them among the candidates.
    """
    from threadpoolctl import threadpool_limits

    dropped = reasons_to_drop(candidates.brightness, candidates.contrast, settings.dark, settings.flash)
    usable = dropped == ""
    pool = Pool(candidates, usable, count, settings)
    clusters = np.full(len(usable), -1)
    with threadpool_limits(1):  # sums in a fixed order, so that any number of cores chooses the same frames
        points = principal_components(candidates.features, usable)
        if settings.method == "manual":
            for row in np.searchsorted(candidates.frames, sorted(set(listed))):
                pool.taken[int(row)] = ("manual", "manual: named in the sheet of videos")
        elif usable.any():
            _take_by_method(pool, candidates, usable, points, clusters, settings)
            fill_up(pool, points)
    rows = sorted(pool.taken)
    return Choice(
        rows=rows,
        methods=[pool.taken[row][0] for row in rows],
        reasons=[pool.taken[row][1] for row in rows],
        dropped=dropped,
        components=np.pad(points[:, :2], ((0, 0), (0, max(0, 2 - points.shape[1])))),
        clusters=clusters,
        note=describe_shortfall(pool, dropped),
    )


def _take_by_method(
    pool: Pool, candidates: Candidates, usable: np.ndarray, points: np.ndarray, clusters: np.ndarray, settings: Frames
) -> None:
    """Take candidates by each method according to its share; write the cluster of each candidate into ``clusters`` (N,)."""
    shares = {"kmeans": settings.shares.kmeans, "motion": settings.shares.motion, "uniform": settings.shares.uniform}
    counts = apportion(pool.count, shares if settings.method == "hybrid" else {settings.method: 1.0})
    rows = np.flatnonzero(usable)
    if number := counts.get("motion"):  # first, as there are few
        take_peaks(pool, find_peaks(candidates.motion, usable), candidates.motion, number)
    if (number := counts.get("kmeans")) and len(rows) > 1:
        labels, distance = cluster(points[rows], number, settings.seed)
        clusters[rows] = labels
        take_clusters(pool, labels, distance, rows)
    if number := counts.get("uniform"):
        take_uniform(pool, rows, number)
