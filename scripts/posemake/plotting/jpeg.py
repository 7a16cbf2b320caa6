"""JPEG files."""

import io

from PIL import Image

from posemake.core.atomic import write_bytes
from posemake.core.paths import StrPath

QUALITY = 88  # of 95; compression is hardly visible


def save_jpeg(image: Image.Image, path: StrPath) -> None:
    """Write an image as JPEG.

    It is encoded in memory: on a full disk, Pillow leaves a truncated file and raises nothing.
    """
    content = io.BytesIO()
    image.save(content, "JPEG", quality=QUALITY)
    write_bytes(path, content.getvalue())
