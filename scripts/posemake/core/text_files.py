"""Encodings of text files that other programs wrote."""

BYTE_ORDER_MARKS = {
    b"\xff\xfe\x00\x00": "utf-32",  # before UTF-16, whose mark is its beginning
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"\xef\xbb\xbf": "utf-8-sig",
}
WINDOWS = "cp1252"  # encoding of Windows in western languages


def _guess_encoding(content: bytes) -> str:
    """Return the encoding that the first bytes of a text tell; ASCII in UTF-16 has a NUL in every second byte."""
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), "")
    if marked:
        return marked
    start = content[:64]
    if len(start) > 3 and start[1::2].count(0) > len(start) // 4 and not start[0::2].count(0):
        return "utf-16-le"
    if len(start) > 3 and start[0::2].count(0) > len(start) // 4 and not start[1::2].count(0):
        return "utf-16-be"
    return "utf-8"


def decode_text(content: bytes) -> tuple[str, str]:
    """Return a text and its encoding: that of its byte order mark, else UTF-8 or UTF-16, else that of Windows.

    Raises
    ------
    UnicodeDecodeError
        If it is none of these.
    """
    encoding = _guess_encoding(content)
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError:
        if encoding != "utf-8":
            raise
        return content.decode(WINDOWS), WINDOWS
