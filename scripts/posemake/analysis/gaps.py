"""Gaps of a track, and the pieces between long gaps (T frames, D dimensions, P pieces).

A point of a track (T, D) is missing where it is NaN. A piece reaches from a known point to a known point; it may hold short gaps.
"""

import numpy as np

MAX_GAP = 100  # frames; points on both sides of a longer gap do not influence each other


def known_points(track: np.ndarray) -> np.ndarray:
    """Return which points (T,) of a track (T, D) are known."""
    return np.isfinite(track[:, 0])


def find_pieces(track: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first frames (P,) and the lengths (P,) of the pieces of a track between gaps longer than `MAX_GAP`."""
    at = np.flatnonzero(known_points(track))
    long_gaps = np.flatnonzero(np.diff(at) - 1 > MAX_GAP)
    first, last = np.concatenate([at[:1], at[long_gaps + 1]]), np.concatenate([at[long_gaps], at[-1:]])
    return first, last - first + 1


def piece_frames(first: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the frames (N,) of all pieces with given first frames (P,) and lengths (P,), and the piece of each frame (N,)."""
    piece = np.repeat(np.arange(len(first)), length)
    return np.arange(len(piece)) + (first - np.cumsum(length) + length)[piece], piece


def bridge_gaps(track: np.ndarray) -> np.ndarray:
    """Return the track with straight lines across all gaps, and its outermost points repeated beyond them."""
    at = np.flatnonzero(known_points(track))
    if len(at) == len(track):
        return track
    frames = np.arange(len(track))
    return np.stack([np.interp(frames, at, track[at, axis]) for axis in range(track.shape[1])], axis=1)


def replace_known(track: np.ndarray, frames: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the track with other points (N, D) at some frames (N,); missing points stay missing."""
    replaced = np.full(track.shape, np.nan)
    replaced[frames] = points
    return np.where((known_points(track) & known_points(replaced))[:, None], replaced, track)
