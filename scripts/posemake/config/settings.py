"""What can be set, with the default and its reason. The config holds the same keys; its schema holds their ranges.

Rules pass a stage's settings whole and filled, so that a job's parameters tell everything that shaped its result.
"""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_args

from posemake.config.filter_steps import STEPS, Confidence, Interpolate, Median, Step

S = TypeVar("S")


@dataclass(frozen=True)
class Prepare:
    """Probing of the videos, and copies of those that cannot be read exactly."""

    count: str = "fast"  # frames are counted by packets where nothing gives reason to doubt; `exact` decodes all
    standardise: str = "auto"  # copies are made of videos that need one; `always` of all, `never` of none
    max_keyframe_gap: float = 60.0  # seconds; beyond, a frame that is sought takes too long to reach
    quality: int = 16  # H.264's constant rate factor: no difference can be seen
    gop: int = 30  # frames between the copy's keyframes: a frame that is sought is decoded in milliseconds


@dataclass(frozen=True)
class Shares:
    """Shares of the frames that the method hybrid chooses in each way."""

    kmeans: float = 0.8  # most for variety of posture and place
    motion: float = 0.1  # fast moments, which are rare and blurred, and so hard
    uniform: float = 0.1  # the ordinary, in its true proportion


@dataclass(frozen=True)
class Frames:
    """Choice of the frames that a person labels."""

    method: str = "hybrid"  # by `shares`; or `kmeans`, `motion`, `uniform` alone; or `manual`, the sheet's list
    per_video: int = 20  # an afternoon's work for ten videos
    per_group: dict[str, int] = field(default_factory=dict)  # goes before per_video
    per_subject: dict[str, int] = field(default_factory=dict)  # goes before per_group
    shares: Shares = field(default_factory=Shares)
    features: str = "thumbnail"  # what k-means compares; or a backbone, whose features know shapes, and take a network's time
    weights: str = "imagenet"  # of the backbone, or a file of torchvision weights
    thumbnail: int = 32  # width in pixels of the picture that is compared: posture and place, not noise
    stride: int = 1  # every frame is a candidate; decoding costs more than comparing
    max_candidates: int = 20000  # frames compared per video, evenly spread: bounds memory and time
    min_distance: int = 10  # frames; closer ones show the same pose, and cost the same work
    duplicate: float = 1.0  # grey levels, root mean square: less is the noise of the camera
    dark: float = 8.0  # grey levels, mean below which nothing can be seen
    flash: float = 30.0  # grey levels off the neighbourhood
    seed: int = 1


@dataclass(frozen=True)
class Split:
    """Parts of the labelled frames."""

    unit: str = "block"  # what stays together: `block` of neighbouring frames, whole `video`, whole `subject`
    block: int = 30  # frames; one second of ordinary video, in which an animal hardly changes its pose
    validation: float = 0.15  # chooses the best weights
    test: float = 0.15  # touched by nothing but the evaluation
    seed: int = 1


@dataclass(frozen=True)
class Probability:
    """How often a training frame is varied in each way. The common ways are gentle and always on, the harsh ones rare."""

    rotation: float = 1.0
    scale: float = 1.0
    translation: float = 1.0
    shear: float = 0.2
    # pairs are told from names: one that is not understood (oreille_g) would teach that left is right, and nobody would see it
    flip: float = 0.0
    brightness: float = 1.0
    contrast: float = 1.0
    gamma: float = 0.2
    noise: float = 0.1
    blur: float = 0.1
    motion_blur: float = 0.1
    cutout: float = 0.1
    grey: float = 0.1


@dataclass(frozen=True)
class Augment:
    """Random variation of the training frames, for animals that are filmed from above."""

    rotation: float = 180.0  # degrees either way; an animal seen from above has no upright
    scale: tuple[float, float] = (0.8, 1.25)  # sizes of animals and heights of cameras
    translation: float = 0.1  # share of width and height
    shear: float = 5.0  # degrees either way; a camera that hangs askew
    brightness: float = 0.15  # share of the full range
    contrast: float = 0.3  # share of the image's own
    gamma: tuple[float, float] = (0.7, 1.4)  # exponents; cameras differ in how they show the dark
    noise: float = 8.0  # grey levels, greatest standard deviation
    blur: float = 1.5  # input pixels, greatest standard deviation
    motion_blur: float = 7.0  # input pixels, greatest length
    cutout: float = 0.15  # share of width and height; less than an animal, so that its other points tell the hidden one
    probability: Probability = field(default_factory=Probability)


@dataclass(frozen=True)
class Model:
    """One network and how it is trained."""

    backbone: str = "unet_small"  # made to be trained from nothing on a few hundred frames
    weights: str = "none"  # `imagenet`, or a file: torchvision weights, or a posemake model, whose knowledge is taken over
    neck: str = "fpn"  # fine levels of the backbone help to place a point; or `deconv`, the deepest alone
    head: str = "heatmap"  # its maximum, with offsets; or `regression`, its mean position, without
    stride: int = 4  # input pixels per heatmap cell; 8 is faster and coarser, 2 slower and finer
    scale: float | str = "auto"  # size of the network's input over that of the frame; `auto`: by the animal's size in it
    unseen: str = "absent"  # keypoints that teach that there is nothing to see; where a hidden one is, may be inferred
    sigma: float = 3.0  # input pixels; wide enough to be found, narrow enough to be precise
    steps: int = 3000
    batch_size: int = 8
    learning_rate: float = 2e-3  # AdamW; a pretrained backbone wants about 5e-4
    schedule: str = "cosine"  # falls all the time; `multistep` stays high for longer
    weight_decay: float = 0.01
    warmup: int = 100  # steps to the full rate
    validate_every: int = 100  # steps
    patience: int = 10  # validations without a better one: the error falls late on a cosine, so that less would stop too early
    seed: int = 1
    augment: Augment = field(default_factory=Augment)


@dataclass(frozen=True)
class Evaluate:
    """Figures on the labelled frames."""

    threshold: float = 0.6  # points below it count as not found
    pck: tuple[float, ...] = (2.0, 5.0, 10.0)  # pixels; share of keypoints at most that far off
    reference: tuple[
        str, ...
    ] = ()  # two keypoints, as the head's ends; empty: those that lie farthest apart, as in `refine.body`
    pck_relative: tuple[float, ...] = (0.05, 0.1, 0.2)  # the same in reference lengths: holds for any animal and camera
    oks_sigma: float = 0.1  # of every keypoint, DeepLabCut's default; COCO's, measured on people, are 0.025 to 0.107
    oks_sigmas: dict[str, float] = field(default_factory=dict)  # of single keypoints; goes before oks_sigma
    correct: float = 5.0  # pixels; a point at most that far off is right, where the confidence is judged
    draws: int = 1000  # of the bootstrap: Efron & Tibshirani (1993) advise 1000 for percentile intervals
    seed: int = 1


@dataclass(frozen=True)
class Repeats:
    """Further trainings that tell how sure the figures of a model are. None by default: each costs as much as the model."""

    models: tuple[str, ...] = ()  # the first of `predict.models`
    seeds: int = 0  # trainings with the seeds that follow that of the model; 3 to 5 show how much chance does
    folds: int = 0  # of cross-validation; 5 is usual, and leaves most of the frames to train with
    labels: tuple[float, ...] = ()  # shares of the training units, for the error over the number of labels


@dataclass(frozen=True)
class Follow:
    """A window that goes with the animal, where the crop is `follow`."""

    margin: float = 0.75  # lengths of the animal, seen beyond it on each side: it moves, and what is near it tells of it, too
    every: int = 100  # frames; then the whole frame is looked at, as the window may have stayed with something else
    threshold: float = 0.6  # points below it do not count as found, as everywhere


@dataclass(frozen=True)
class Predict:
    """Poses in every frame of a video."""

    models: tuple[str, ...] = ()  # the first of `models`
    engine: str = "auto"  # the fastest that agrees with torch; or one of posemake.runtimes.ENGINES
    crop: str = "fixed"  # that of the sheet; `none`, or `follow`, for an animal that is small in the frame
    parts: int = 1  # jobs that share a video; the sheet may tell another number for a long one
    follow: Follow = field(default_factory=Follow)


@dataclass(frozen=True)
class Filter:
    """From raw to clean tracks."""

    threshold: float = 0.6  # from which a point is confident
    steps: tuple[Step, ...] = (Confidence(), Interpolate(), Median())  # drop what is unsure, bridge, take jumps out


@dataclass(frozen=True)
class Labels:
    """A person's labels on their way to training."""

    scorer: str = ""  # where several people labelled the same video: whose labels count, or `mean`; empty: that is an error
    policy: str = "complete"  # what is published is best trained on all that was chosen; `partial` goes on with what is labelled


@dataclass(frozen=True)
class Refine:
    """Choice of the frames of the next round: those on which a model is likely wrong. A threshold of 0 looks at no such thing."""

    models: tuple[str, ...] = ()  # the first of `predict.models`; with more, their disagreement is looked at as well
    per_video: int = 10  # less than at first: they are hard frames, and each teaches more
    total: int = 0  # of all videos, 0 for no bound
    min_distance: int = 10  # frames; closer ones show the same fault
    confidence: float = 0.6  # as everywhere: less is unsure
    jump: float = 0.5  # no mouse moves half of itself in a thirtieth of a second
    jump_unit: str = "body"  # body lengths, so that it holds for any animal and camera; or `px`
    body: tuple[str, ...] = ()  # two keypoints a body length apart; empty: those that lie farthest apart
    deviation: float = 8.0  # median deviations off the smoothed track: at 5, quick turns are most of what is found
    window: int = 7  # frames that are smoothed over, odd: faults are shorter than half of it, turns of the animal longer
    bone: float = 5.0  # median deviations off the usual length
    disagreement: float = 5.0  # median deviations of the models among each other
    max_candidates: int = 100  # per video, the worst: ten times what is chosen; with more, frames hardly in doubt are chosen too
    seed: int = 1


@dataclass(frozen=True)
class Render:
    """The labelled video. What is not in every lab's use is off: each thing that is drawn hides some of the animal."""

    threshold: float = 0.6  # fainter points, such as the filter fills in, are rings
    radius: int = 3  # pixels of the frame
    colormap: str = "turbo"  # any of matplotlib's, over the keypoints
    skeleton_color: str = "white"
    trail: int = 15  # frames
    names: bool = False  # of the keypoints beside them: they hide more than they tell, once the colours are known
    opacity: bool = False  # unsure points fade; a ring says the same and is seen better
    frame_number: bool = False  # counted from 0, as in the tables
    time: bool = False  # seconds
    follow: tuple[float, ...] = ()  # width and height of a window that goes with the animal; empty: the whole frame
    side_by_side: bool = False  # raw poses on the left, filtered ones on the right; twice the size
    speed: float = 1.0  # as the animal; 0.25 shows quick movement, 4 gives an overview
    span: tuple[float, ...] = ()  # first frame, and the one after the last; empty: all that the sheet does not leave out
    span_unit: str = "frames"  # or `s`
    codec: str = "h264"  # every browser plays it; `hevc` and `av1` make smaller files, and take longer
    quality: int = 25  # H.264's constant rate factor: with `ultrafast` as sharp around the animal as 22 with `veryfast`
    preset: str = "ultrafast"  # twice as fast as `veryfast`, for files up to three times as large
    encoder: str = "software"  # the same bytes on each machine; `auto` takes the graphics card's, if it has one


@dataclass(frozen=True)
class Plots:
    """Figures of one video's poses."""

    threshold: float = 0.6  # fainter points are not drawn
    colormap: str = "turbo"
    dpi: int = 120
    format: str = "png"  # shown everywhere; `svg` and `pdf` for print


def make(kind: type[S], values: dict[str, Any] | None = None) -> S:
    """Build settings from plain values as YAML gives them; missing keys take their defaults.

    Raises
    ------
    TypeError
        If a key is not one of the settings'.
    """
    made = {}
    kinds = {f.name: f for f in dataclasses.fields(kind)}
    for key, value in (values or {}).items():
        default = kinds[key].default_factory if key in kinds else None
        if dataclasses.is_dataclass(default):
            value = make(default, value)
        elif isinstance(value, (list, tuple)):
            value = tuple(map(_item, value))
        elif key in kinds and float in (kinds[key].type, *get_args(kinds[key].type)) and isinstance(value, int):
            value = float(value)
        elif key in kinds and isinstance(kinds[key].default, int) and isinstance(value, float) and value.is_integer():
            value = int(value)  # YAML's 1.0e+3, which a schema counts as an integer
        made[key] = value
    return kind(**made)


def _item(value: Any) -> Any:
    """One of a list of settings, which holds names, numbers with fractions, or steps of the filter."""
    if isinstance(value, dict):
        return make(STEPS[value["method"]], value)
    return value if isinstance(value, str) else float(value)


def plain(kind: type, values: dict[str, Any] | None = None) -> dict[str, Any]:
    """All settings of a kind as plain values, defaults filled in."""
    return dataclasses.asdict(make(kind, values))
