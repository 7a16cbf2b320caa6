"""Content of ``video.json``: what a video holds and how its frames are read."""

from dataclasses import asdict, dataclass, field

from posemake.core.json_files import read_json, write_json
from posemake.core.paths import StrPath


@dataclass(frozen=True)
class Reading:
    """How frames are read from a file, which is the video or its transcoded copy."""

    copy: bool = False  # whether the transcoded copy is read
    size: tuple[int, int] = (0, 0)  # width and height of a frame in pixels, upright and without padding
    random_access: bool = False  # whether a frame reached by seeking has the same pixels as in order
    keyframe_gap: int = 1  # longest distance between two keyframes, in frames
    white: float | None = None  # value that becomes 255; None where images have 8 bits


@dataclass(frozen=True)
class VideoReport:
    """What a video holds. Times are in seconds, sizes in pixels; None means unknown or not applicable."""

    container: str | None = None
    codec: str | None = None
    profile: str | None = None
    pixel_format: str | None = None
    width: int = 0  # of an upright frame
    height: int = 0  # of an upright frame
    rotation: int = 0  # degrees that the file asks a player to rotate frames; width and height include it
    mirrored: bool = False  # whether the file asks a player to mirror frames
    sample_aspect_ratio: str | None = None  # width to height of one pixel, where pixels are not square
    interlaced: bool = False
    audio: str | None = None  # codec of the sound track
    bytes: int = 0
    fps: float = 0.0  # frames per second that the container states
    real_fps: float | None = None  # frames per second by the timestamps
    variable_rate: bool = False
    frames: int = 0  # frames that can be decoded
    container_frames: int = 0  # frames that the container claims; 0 if it states none
    container_duration: float | None = None  # duration that the container claims
    container_start: float | None = None  # first timestamp of all tracks
    hidden_frames: int = 0  # frames that the file's edit list hides; they are not counted
    packets: int = 0
    decoded_frames: int | None = None  # None if frames were counted by packets
    damaged_frames: int = 0  # frames decoded with errors, which the decoder concealed
    first_time: float | None = None
    last_time: float | None = None
    duration: float = 0.0  # from the first to the last timestamp
    keyframes: int = 0
    keyframe_gap: int = 0  # longest distance between two keyframes, in frames
    random_access: bool = False  # whether a frame reached by seeking has the same pixels as in order
    time_base: str | None = None  # unit of the timestamps, as a fraction of a second
    white: float | None = None  # value that becomes 255; None where images have 8 bits
    findings: tuple[str, ...] = ()  # sentences about what is unusual
    digest: str = ""


@dataclass(frozen=True)
class VideoInfo(VideoReport):
    """What a video holds and how its frames are read."""

    pattern: str | None = None  # name of numbered images, as img%04d.png, in the folder that is the video
    standardised: str | None = None  # why there is a transcoded copy; None if there is none
    fault: str | None = None  # why the video cannot be read; None if it can
    reading: Reading = field(default_factory=Reading)


def read_video_info(path: StrPath) -> VideoInfo:
    """Read ``video.json``."""
    content = read_json(path)
    content["findings"] = tuple(content.get("findings", ()))
    reading = content.get("reading", {})
    content["reading"] = Reading(**reading | {"size": tuple(reading.get("size", (0, 0)))})
    return VideoInfo(**content)


def write_video_info(path: StrPath, info: VideoInfo) -> None:
    """Write ``video.json``."""
    write_json(path, asdict(info))
