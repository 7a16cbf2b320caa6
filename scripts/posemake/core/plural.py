"""Numbers of things in sentences."""


def count_noun(number: int, noun: str, plural: str = "") -> str:
    """Return a number and its noun, as in ``1 frame`` and ``2 frames``.

    Parameters
    ----------
    number
        The number.
    noun
        The noun in the singular.
    plural
        The noun in the plural; by default with an s.
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
