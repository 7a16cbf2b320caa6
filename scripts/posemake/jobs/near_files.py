"""File that is meant by a path that leads nowhere."""

import os
import re
import unicodedata
from collections.abc import Iterable

from posemake.core.file_endings import VIDEO_ENDINGS

SHORTEST_TYPO = 5  # letters; in shorter words, as in left_a and left_b, another letter is another recording
SEPARATORS = " _.-+"


def _stem(name: str) -> str:
    """Return a name without the ending of a video, its letters without case."""
    plain = unicodedata.normalize("NFC", name).casefold()
    return next((plain.removesuffix(ending) for ending in VIDEO_ENDINGS if plain.endswith(ending)), plain)


def _differs_in_one_letter(a: str, b: str) -> bool:
    """Return whether a letter is added, left out or another one, or two neighbours changed places."""
    short, long = sorted((a, b), key=len)
    first = next((k for k, (x, y) in enumerate(zip(short, long)) if x != y), len(short))
    if len(long) == len(short) + 1:
        return short[first:] == long[first + 1 :]
    swapped = short[first : first + 2] == long[first : first + 2][::-1] and short[first + 2 :] == long[first + 2 :]
    return len(long) == len(short) and (swapped or short[first + 1 :] == long[first + 1 :])


def _is_typo(name: str, other: str) -> bool:
    """Return whether names have the same numbers, and one long word of one differs in a letter."""
    words, others = (re.findall(r"\d+|[^\W\d_]+", _stem(text)) for text in (name, other))
    if len(words) != len(others):
        return False
    pairs = [(a, b) for a, b in zip(words, others) if a != b]
    return len(pairs) == 1 and all(
        not (a + b).isdigit() and min(len(a), len(b)) >= SHORTEST_TYPO and _differs_in_one_letter(a, b) for a, b in pairs
    )


def _same_but_for_writing(name: str, other: str) -> bool:
    """Return whether names differ only in case, ending and what stands between words."""
    a, b = (re.sub(f"[{re.escape(SEPARATORS)}]", "", _stem(text)) for text in (name, other))
    # without separators, 1_11 and 11_1 would be the same
    numbers, others = (re.findall(r"\d+", _stem(text)) for text in (name, other))
    return a == b and numbers == others


def find_near_file(path: str, used: Iterable[str]) -> str | None:
    """Return the file that is meant by a path that leads nowhere, but never another recording.

    Parameters
    ----------
    path
        The path.
    used
        Paths that are used for other things, and are not meant.

    Returns
    -------
    str or None
        A video or folder whose name differs only in case, ending, separators or a typo, if there is exactly one.
    """
    folder, name = os.path.split(path)
    if not os.path.isdir(folder or "."):
        return None
    ending = os.path.splitext(name)[1]
    names = [
        entry.name
        for entry in os.scandir(folder or ".")
        if entry.name.lower().endswith((*VIDEO_ENDINGS, ending)) or entry.is_dir()
    ]
    for is_near in (_same_but_for_writing, _is_typo):
        near = [os.path.join(folder, other) for other in names if is_near(name, other)]
        if near:
            taken = {os.path.realpath(other) for other in used}
            return near[0] if len(near) == 1 and os.path.realpath(near[0]) not in taken else None
    return None


def first_missing_folder(path: str) -> str | None:
    """Return the outermost folder of a path that does not exist; None if all exist."""
    folder, missing = os.path.dirname(path), None
    while folder and not os.path.isdir(folder):
        folder, missing = os.path.dirname(folder), folder
    return missing
