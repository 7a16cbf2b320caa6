"""Pairs of left and right keypoints, found by their names."""

import re
from collections.abc import Sequence

WORDS = (("left", "right"), ("Left", "Right"), ("LEFT", "RIGHT"))
LETTERS = (("l", "r"), ("L", "R"))


def right_name(name: str) -> str | None:
    """Return the name of the right keypoint for that of a left one, as left_ear, LeftEar, ear_left, L_ear, earL or l-ear."""
    return _exchange(name, WORDS, LETTERS)


def _exchange(name: str, words: Sequence[tuple[str, str]], letters: Sequence[tuple[str, str]]) -> str | None:
    for old, new in words:
        if old in name:
            return name.replace(old, new, 1)
    for old, new in letters:
        renamed = re.sub(rf"(?<![A-Za-z]){old}(?![A-Za-z])", new, name, count=1)
        if renamed != name:
            return renamed
    old, new = letters[-1]
    return re.sub(rf"(?<=[a-z0-9]){old}$", new, name) if re.search(rf"[a-z0-9]{old}$", name) else None


def find_flip_pairs(keypoints: Sequence[str]) -> list[tuple[int, int]]:
    """Return the indices (left, right) of keypoints whose names differ by left and right."""
    index = {name: k for k, name in enumerate(keypoints)}
    pairs = [(k, right_name(name)) for k, name in enumerate(keypoints)]
    return [(left, index[right]) for left, right in pairs if right in index]


def find_unpaired(keypoints: Sequence[str]) -> list[str]:
    """Return the names with a side whose other side is no keypoint."""
    to_left = [[(right, left) for left, right in pairs] for pairs in (WORDS, LETTERS)]
    others = ((name, right_name(name) or _exchange(name, *to_left)) for name in keypoints)
    return [name for name, other in others if other is not None and other not in keypoints]


def flip_order(keypoints: Sequence[str]) -> list[int]:
    """Return the indices of the keypoints with left and right exchanged."""
    order = list(range(len(keypoints)))
    for left, right in find_flip_pairs(keypoints):
        order[left], order[right] = right, left
    return order
