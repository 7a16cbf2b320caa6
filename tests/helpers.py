"""Pictures and files that several tests draw."""

from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "scripts"
PACKAGE = SCRIPTS / "posemake"


def blob(size, xy, sigma=3.0, peak=255.0):
    """A Gaussian spot at (x, y) on black, as float (height, width); ``size`` is (width, height)."""
    x, y = np.arange(size[0]), np.arange(size[1])[:, None]
    return peak * np.exp(-((x - xy[0]) ** 2 + (y - xy[1]) ** 2) / (2 * sigma**2))


def centroid(image):
    """(x, y) of the centre of brightness of a picture (height, width)."""
    image = np.asarray(image, float)
    total = image.sum()
    return np.array([(image.sum(0) * np.arange(image.shape[1])).sum(), (image.sum(1) * np.arange(image.shape[0])).sum()]) / total


def spots(count, size=(64, 48)):
    """RGB frames (height, width, 3) that all differ: a spot walks right, on a background that gets lighter."""
    frames = []
    for i in range(count):
        grey = blob(size, (6 + 50 * i / max(1, count - 1), 20), 4) / 2 + 20 + 80 * i / max(1, count - 1)
        frames.append(np.repeat(grey.round().astype(np.uint8)[..., None], 3, axis=2))
    return frames


def write_video(path, frames, fps=25.0, quality=10):
    """Write frames as the package does, and return the path."""
    from posemake.video_writer import video_writer

    with video_writer(path, (frames[0].shape[1], frames[0].shape[0]), fps, quality) as write:
        for frame in frames:
            write(frame)
    return path


def prepare(path, folder, settings=None, row=None):
    """Prepare a video, or images by a folder or a pattern, into a folder, and return the content of video.json."""
    from posemake.files import folder_of, is_pattern, read_json
    from posemake.prepare import prepare_video

    pattern = path.name if is_pattern(path) else None
    row = {"pattern": pattern, "downscale": None, "deinterlace": None} | (row or {})
    files = [str(folder / name) for name in ("video.json", "times.npy", "standard")]
    prepare_video(str(folder_of(path)), *files, settings or {}, row)
    return read_json(files[0])


def opened(path, folder):
    """The frames of a video that was prepared into a folder."""
    from posemake.files import folder_of
    from posemake.video import open_video

    return open_video(folder_of(path), folder / "video.json", folder / "standard")


def prepared(path, folder, settings=None, row=None):
    """Prepare a video into a folder, and return its frames."""
    prepare(path, folder, settings, row)
    return opened(path, folder)
