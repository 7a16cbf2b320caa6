"""Endings of the files that posemake reads as videos and as images."""

from posemake.core.paths import StrPath

# image files with one image or many
TIFF_ENDINGS = (".tif", ".tiff", ".btf", ".tf8")
IMAGE_ENDINGS = (
    *TIFF_ENDINGS,
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".webp", ".pgm", ".ppm", ".pbm", ".pnm", ".jp2", ".j2k",
)  # fmt: skip
# files that a folder of videos holds; a file with another ending is read as well if it is named
VIDEO_ENDINGS = (
    ".mp4", ".avi", ".mov", ".mkv", ".m4v", ".mpg", ".mpeg", ".wmv", ".webm", ".mts", ".m2ts", ".m2t", ".ts", ".vob",
    ".h264", ".264", ".avc", ".h265", ".265", ".hevc", ".m1v", ".m2v", ".mpv", ".mjpeg", ".mjpg", ".mj2", ".y4m", ".ivf", ".obu",
    ".flv", ".f4v", ".3gp", ".3g2", ".asf", ".divx", ".dv", ".gif", ".mxf", ".nut", ".ogv", ".ogm", ".qt", ".mod", ".tod",
    ".insv", ".lrv",
)  # fmt: skip


def has_ending(path: StrPath, endings: tuple[str, ...]) -> bool:
    """Return whether a file's name has one of some endings, in small or capital letters."""
    return str(path).lower().endswith(endings)


def is_hidden(name: str) -> bool:
    """Return whether a file's name begins with a dot, as those of macOS's companion files (``._a.mp4``) do."""
    return name.startswith(".")


def describe_left_out(names: list[str], most: int = 5) -> str:
    """Return some names of files that are left out, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
