"""Left and right, told from the names of keypoints."""

import re
from collections.abc import Sequence

WORDS = (("left", "right"), ("Left", "Right"), ("LEFT", "RIGHT"))
LETTERS = (("l", "r"), ("L", "R"))


def other_side(name: str) -> str | None:
    """The name of the right one of a left keypoint: left_ear, LeftEar, ear_left, L_ear, earL, l-ear."""
    return _renamed(name, WORDS, LETTERS)


def _renamed(name: str, words: Sequence[tuple[str, str]], letters: Sequence[tuple[str, str]]) -> str | None:
    for old, new in words:
        if old in name:
            return name.replace(old, new, 1)
    for old, new in letters:
        renamed = re.sub(rf"(?<![A-Za-z]){old}(?![A-Za-z])", new, name, count=1)
        if renamed != name:
            return renamed
    old, new = letters[-1]
    return re.sub(rf"(?<=[a-z0-9]){old}$", new, name) if re.search(rf"[a-z0-9]{old}$", name) else None


def find_sides(keypoints: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of keypoints (by number) whose names differ by left and right."""
    number = {name: k for k, name in enumerate(keypoints)}
    pairs = ((k, number.get(other_side(name))) for k, name in enumerate(keypoints))
    return [(left, right) for left, right in pairs if right is not None]


def find_lonely(keypoints: Sequence[str]) -> list[str]:
    """Names of one side whose other side is no keypoint."""
    back = [[(new, old) for old, new in pairs] for pairs in (WORDS, LETTERS)]
    others = ((name, other_side(name) or _renamed(name, *back)) for name in keypoints)
    return [name for name, other in others if other is not None and other not in keypoints]


def mirrored(keypoints: Sequence[str]) -> list[int]:
    """The order of keypoints (by number) in which left and right have changed places."""
    order = list(range(len(keypoints)))
    for left, right in find_sides(keypoints):
        order[left], order[right] = right, left
    return order
