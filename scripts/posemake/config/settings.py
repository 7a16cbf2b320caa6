"""Settings of a project.

Each key of the config is a field here, with its default, its bounds and a description that gives unit and reason. The JSON
schema, config/config.yaml and the reference of the manual are generated from these classes.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, WrapValidator

from posemake.config.fields import (
    AS_INTEGER,
    UNIQUE,
    Check,
    Count,
    CountOrZero,
    Edge,
    Flag,
    GreyLevels,
    Integer,
    KeypointName,
    LengthUnit,
    ModelName,
    ModelNames,
    Number,
    Positive,
    PositiveOrZero,
    Quality,
    Seed,
    Settings,
    Share,
    Window,
    has_length,
)
from posemake.config.filter_steps import Confidence, Interpolate, Median, Step

Backbone = Literal[
    "unet_small",
    "unet_medium",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "efficientnet_b0",
    "efficientnet_b1",
    "efficientnet_b2",
    "efficientnet_b3",
    "efficientnet_b4",
    "efficientnet_b5",
    "efficientnet_b6",
    "mobilenet_v2",
    "mobilenet_v3_large",
    "convnext_tiny",
]
WITHOUT_IMAGENET = ("unet_small", "unet_medium", "efficientnet_b6")  # backbones of which there are no ImageNet weights
EngineName = Literal[
    "auto",
    "torch",
    "torch-bf16",
    "torch-fp16",
    "openvino",
    "openvino-bf16",
    "openvino-int8",
    "onnxruntime",
    "onnxruntime-int8",
]

# YAML reads a name such as 7 as a number.
Name = Annotated[str, BeforeValidator(lambda name: str(name) if isinstance(name, int) else name)]


def _number_or_auto(value: Any, validate: Any) -> Any:
    try:
        return validate(value)
    except ValidationError:
        raise ValueError("auto, or a number above 0 and up to 4") from None


Scale = Annotated[Literal["auto"] | Annotated[Number, Field(gt=0, le=4)], WrapValidator(_number_or_auto)]


class Prepare(Settings):
    """Reading of the videos. A video whose frames cannot be read exactly is read from a transcoded copy."""

    count: Literal["fast", "exact"] = Field(
        default="fast",
        description="How frames are counted: fast (by packets, where nothing gives reason to doubt) or exact (all are decoded).",
    )
    transcode: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="Videos that are copied: auto (those that need it), always (all) or never. With never, a damaged video is "
        "refused.",
    )
    max_keyframe_gap: Positive = Field(
        default=60.0,
        description="Seconds without a keyframe beyond which a video is copied. It takes too long to reach a frame within them.",
    )
    quality: Quality = Field(
        default=16,
        description="Constant rate factor (H.264) of the copy; smaller is sharper, in a larger file. At 16, no difference can be "
        "seen.",
    )
    gop: Count = Field(
        default=30, description="Frames between the keyframes of the copy. With 30, any frame is reached in milliseconds."
    )


class Shares(Settings):
    """Shares of the frames that the method hybrid chooses in each way, with the sum 1."""

    kmeans: Share = Field(default=0.8, description="Varied frames. Most of the frames, to cover postures and places.")
    motion: Share = Field(default=0.1, description="Fast moments. They are rare and blurred, and so the hardest.")
    uniform: Share = Field(default=0.1, description="Frames evenly spaced in time. They show the ordinary in its proportion.")


class Frames(Settings):
    """Choice of the frames that a person labels."""

    method: Literal["hybrid", "kmeans", "motion", "uniform", "manual"] = Field(
        default="hybrid",
        description="kmeans (frames that look different), motion (fast moments), uniform (evenly spaced in time), hybrid (all "
        "three, by shares) or manual (the column frames of the sheet).",
    )
    per_video: Count = Field(
        default=20,
        description="Frames per video. 20 frames of ten videos are an afternoon's work; more videos teach more than more frames "
        "of one.",
    )
    per_group: dict[Name, CountOrZero] = Field(
        default_factory=dict,
        description="Frames per video for some groups of the sheet, as in {control: 30}; takes precedence over per_video.",
    )
    per_subject: dict[Name, CountOrZero] = Field(
        default_factory=dict,
        description="Frames per video for some subjects of the sheet; takes precedence over per_group.",
    )
    shares: Shares = Field(default_factory=Shares)
    features: Literal["thumbnail", "resnet50", "mobilenet_v2", "efficientnet_b0"] = Field(
        default="thumbnail",
        description="What kmeans compares: thumbnail, or the features of a network. Features of a network tell shapes rather "
        "than places, and need a GPU or much time.",
    )
    weights: Annotated[str, Field(min_length=1)] = Field(
        default="imagenet",
        description="Weights of that network: imagenet, or a weights file of timm or torchvision. Where ImageNet weights cannot "
        "be downloaded, thumbnails are compared, and selection.json says so.",
    )
    thumbnail: Annotated[Integer, Field(ge=4, le=256)] = Field(
        default=32,
        description="Width of the thumbnail in pixels. 32 show posture and place without noise; take more where the animal is "
        "small in the region.",
    )
    stride: Count = Field(
        default=1, description="Step in frames between candidates. With 1, every frame can be chosen; decoding costs the most."
    )
    max_candidates: Annotated[Integer, Field(ge=10)] = Field(
        default=20000,
        description="Candidates per video, evenly spaced. Limits memory and time.",
    )
    min_distance: Count = Field(
        default=10,
        description="Least distance between two chosen frames, in frames. Closer frames show the same pose and cost the same "
        "work.",
    )
    duplicate: PositiveOrZero = Field(
        default=1.0,
        description="Grey levels (root mean square) that a thumbnail has to differ by from each chosen one. Less is noise.",
    )
    dark: GreyLevels = Field(
        default=8.0, description="Grey level below which a frame is too dark. Nothing can be seen in such frames."
    )
    flash: GreyLevels = Field(
        default=30.0,
        description="Grey levels that make a frame a flash, brighter or darker than the frames around it. A light that stays on "
        "is no flash.",
    )
    seed: Seed = Field(default=1, description="Seed of the choice.")


class Split(Settings):
    """Parts of the labelled frames. More labels never move a frame from one part to another."""

    unit: Literal["block", "video", "subject"] = Field(
        default="block",
        description="What stays together: block (neighbouring frames), video or subject (column of the sheet).",
    )
    block: Count = Field(
        default=30,
        description="Frames per block. At least as long as a pose lasts: 30 are about one second of ordinary video.",
    )
    validation: Annotated[Number, Field(gt=0, le=0.8)] = Field(
        default=0.15, description="Share of the frames that choose the best weights."
    )
    test: Annotated[Number, Field(gt=0, le=0.8)] = Field(
        default=0.15, description="Share of the frames that only the evaluation sees."
    )
    seed: Seed = Field(default=1, description="Seed of the split.")


class Probability(Settings):
    """Probability that a training image is varied in each way. Gentle ways are always on, harsh ones are rare."""

    rotation: Share = Field(default=1.0, description="Rotated.")
    scale: Share = Field(default=1.0, description="Scaled.")
    translation: Share = Field(default=1.0, description="Shifted.")
    shear: Share = Field(default=0.2, description="Sheared.")
    flip: Share = Field(
        default=0.0,
        description="Mirrored, left and right exchanged; 0.5 if the names of all pairs differ by left and right (l and r). A "
        "pair of other names would not be exchanged and teach that left is right, so the default is 0.",
    )
    brightness: Share = Field(default=1.0, description="Made brighter or darker.")
    contrast: Share = Field(default=1.0, description="Given more or less contrast.")
    gamma: Share = Field(default=0.2, description="Given another gamma.")
    noise: Share = Field(default=0.1, description="Made noisy.")
    blur: Share = Field(default=0.1, description="Blurred.")
    motion_blur: Share = Field(default=0.1, description="Blurred in one direction.")
    cutout: Share = Field(default=0.1, description="Hidden in part.")
    grey: Share = Field(default=0.1, description="Without colour.")


class Augment(Settings):
    """Random variation of the training images. The defaults suit a camera above the animal; see augmentation.jpg."""

    rotation: Annotated[Number, Field(ge=0, le=180)] = Field(
        default=180.0,
        description="Degrees either way; about 20 for a camera at the side. An animal seen from above has no upright.",
    )
    scale: Annotated[
        tuple[Positive, ...], has_length((2,), "two numbers, the least and the greatest factor, as in [0.8, 1.25]")
    ] = Field(
        default=(0.8, 1.25),
        description="Least and greatest factor. Animals differ in size, cameras in height.",
    )
    translation: Share = Field(default=0.1, description="Share of width and height, either way.")
    shear: Annotated[Number, Field(ge=0, le=45)] = Field(
        default=5.0,
        description="Degrees either way; 0 for a camera at the side. Imitates a camera that hangs askew.",
    )
    brightness: Share = Field(default=0.15, description="Share of the full range, either way.")
    contrast: Share = Field(default=0.3, description="Share of the contrast of the image, either way.")
    gamma: Annotated[tuple[Positive, ...], has_length((2,), "two exponents, the least and the greatest, as in [0.7, 1.4]")] = (
        Field(
            default=(0.7, 1.4),
            description="Least and greatest exponent. Cameras differ in how they show the dark; below 1 brightens dark parts.",
        )
    )
    noise: GreyLevels = Field(default=8.0, description="Greatest standard deviation in grey levels.")
    blur: Annotated[Number, Field(ge=0, le=20)] = Field(default=1.5, description="Greatest standard deviation in input pixels.")
    motion_blur: Annotated[Number, Field(ge=0, le=100)] = Field(
        default=7.0, description="Greatest length in input pixels, in any direction."
    )
    cutout: Share = Field(
        default=0.15,
        description="Greatest share of width and height that is hidden. Keypoints there keep their labels; less than an animal, "
        "so that its other points tell where the hidden one is.",
    )
    probability: Probability = Field(default_factory=Probability)


class Model(Settings):
    """A network and its training."""

    backbone: Backbone = Field(
        default="unet_small",
        description="Network that turns the image into features: unet_small, unet_medium, resnet18 (34, 50, 101, 152), "
        "efficientnet_b0 (to b6), mobilenet_v2, mobilenet_v3_large or convnext_tiny. The U-Nets are made to be trained from "
        "nothing on a few hundred frames; the others can start from ImageNet.",
    )
    weights: Annotated[str, Field(min_length=1)] = Field(
        default="none",
        description="Starting weights: none, imagenet (not for U-Nets), or a weights file of timm, torchvision or posemake. "
        "From a posemake model of the same backbone, all layers that fit are taken over, and the outputs of keypoints with the "
        "same names.",
    )
    neck: Literal["fpn", "deconv"] = Field(
        default="fpn",
        description="Way from backbone to heatmap: fpn (a feature pyramid of all levels) or deconv (transposed convolutions of "
        "the deepest level alone). Fine levels help to place a point.",
    )
    head: Literal["heatmap", "regression"] = Field(
        default="heatmap",
        description="Position of a keypoint: heatmap (its maximum, moved by a learned offset) or regression (its mean). A mean "
        "lies between two peaks where the heatmap has two.",
    )
    stride: Annotated[Literal[2, 4, 8], AS_INTEGER] = Field(
        default=4,
        description="Input pixels per cell of the heatmap: 2, 4 or 8, which is faster and coarser.",
    )
    scale: Scale = Field(
        default="auto",
        description="Size of the network's input over that of the frame, as 0.5, or auto. With auto, the animal spans 60 pixels "
        "of the input (median of the training frames), and the factor is at most 1.",
    )
    unseen: Literal["none", "absent", "all"] = Field(
        default="absent",
        description="Keypoints without position that teach the network to be unsure: absent (marked as absent), all (occluded "
        "ones, too) or none. Otherwise the network may infer where a hidden part is.",
    )
    sigma: Positive = Field(
        default=3.0,
        description="Standard deviation of the peak that marks a keypoint, in input pixels. At least 0.75 stride: wide enough to "
        "be found, narrow enough to be precise; smaller where keypoints lie close together.",
    )
    steps: Count = Field(
        default=3000,
        description="Training steps of one batch each. Take more where the learning curve still falls.",
    )
    batch_size: Annotated[Integer, Field(ge=2)] = Field(
        default=8,
        description="Images per step. A batch that does not fit into memory goes through in parts whose gradients add up.",
    )
    learning_rate: Positive = Field(
        default=2e-3,
        description="Greatest learning rate of AdamW; about 0.0005 with the weights imagenet. Lower it if training diverges.",
    )
    schedule: Literal["cosine", "multistep"] = Field(
        default="cosine",
        description="How the rate falls: cosine (to a hundredth) or multistep (to a tenth after 0.6 and 0.85 of the steps).",
    )
    weight_decay: PositiveOrZero = Field(default=0.01, description="Weight decay of AdamW.")
    warmup: CountOrZero = Field(default=100, description="Steps to the full learning rate.")
    validate_every: Count = Field(
        default=100, description="Steps from one validation to the next. The weights with the least validation error are kept."
    )
    patience: CountOrZero = Field(
        default=10,
        description="Validations without a better one after which training stops, 0 for never. With a cosine schedule the error "
        "falls late, so fewer would stop too early.",
    )
    seed: Seed = Field(default=1, description="Seed of starting weights, order and augmentation.")
    augment: Augment = Field(default_factory=Augment)


WindowSize = Annotated[
    Number,
    Check(lambda size: size >= 16 and size % 1 == 0, "a whole number of pixels, 16 or more", {"type": "integer", "minimum": 16}),
]
TwoKeypoints = Annotated[tuple[str, ...], UNIQUE]


class Evaluate(Settings):
    """Evaluation of a model on the labelled frames."""

    threshold: Share = Field(default=0.6, description="Confidence from which a point counts as found.")
    pck: tuple[Positive, ...] = Field(
        default=(2.0, 5.0, 10.0),
        description="Radii in pixels: the share of points that lie at most this far from their label is given.",
    )
    reference: Annotated[
        TwoKeypoints,
        has_length(
            (0, 2),
            "a reference length is the distance of two keypoints, as in [left_ear, right_ear], or [] for the greatest there is",
        ),
    ] = Field(
        default=(),
        description="Two keypoints whose median distance is the reference length, as [left_ear, right_ear]; [] for those that "
        "lie farthest apart.",
    )
    pck_relative: tuple[Positive, ...] = Field(
        default=(0.05, 0.1, 0.2),
        description="Radii in reference lengths. They hold for animals and cameras of any size.",
    )
    oks_sigma: Positive = Field(
        default=0.1,
        description="Tolerance of each keypoint in OKS and mAP, as a share of the animal's size. The default is DeepLabCut's and "
        "lenient; those of COCO, measured on people, are 0.025 to 0.107.",
    )
    oks_sigmas: dict[str, Positive] = Field(
        default_factory=dict,
        description="Tolerances of some keypoints, as in {tail_tip: 0.15}. Takes precedence over oks_sigma.",
    )
    correct_within: Positive = Field(
        default=5.0,
        description="Pixels from its label within which a point is correct, where the confidence is judged.",
    )
    bootstrap_samples: Annotated[Integer, Field(ge=100, le=100000)] = Field(
        default=1000,
        description="Samples of the bootstrap that gives the confidence intervals. Efron and Tibshirani (1993) advise 1000 for "
        "percentile intervals.",
    )
    seed: Seed = Field(default=1, description="Seed of the bootstrap.")


class Repeats(Settings):
    """Further trainings, which tell how certain results are and whether more labels would help. Each costs as much as a model."""

    models: ModelNames = Field(default=(), description="Models whose training is repeated; [] for the first of predict.models.")
    seeds: Annotated[Integer, Field(ge=0, le=100)] = Field(
        default=0, description="Trainings with other seeds; 3 to 5 show how much chance does."
    )
    folds: Annotated[
        Integer,
        Field(ge=0, le=100),
        Check(lambda folds: folds != 1, "folds are 2 or more, or 0 for none", {"not": {"const": 1}}),
    ] = Field(
        default=0,
        description="Folds of a cross-validation, which tests each labelled frame once; 0 for none, 5 is usual.",
    )
    label_fractions: Annotated[tuple[Annotated[Number, Field(ge=0.01, le=0.99)], ...], UNIQUE] = Field(
        default=(),
        description="Fractions of the training frames, as in [0.25, 0.5], for the error over the number of labels. The test "
        "frames stay the same.",
    )


class DynamicCrop(Settings):
    """Window that goes with the animal, for the crop dynamic."""

    margin: Annotated[Number, Field(ge=0, le=5)] = Field(
        default=0.75,
        description="Lengths of the animal that are seen beyond it on each side. It moves, and its surroundings help to find it.",
    )
    every: Count = Field(
        default=100,
        description="Frames after which the whole frame is searched again. The window may have stayed with something else.",
    )
    threshold: Share = Field(default=0.6, description="Confidence from which a point counts as found.")


class Predict(Settings):
    """Application of models to the videos with the use analyse or both."""

    models: ModelNames = Field(default=(), description="Models that are applied; [] for the first of models.")
    engine: EngineName = Field(
        default="auto",
        description="Runtime of the network: auto, torch, torch-bf16, torch-fp16, openvino, openvino-bf16, openvino-int8, "
        "onnxruntime or onnxruntime-int8. With auto, all are measured on this machine, and the fastest that agrees with torch "
        "is taken.",
    )
    crop: Literal["fixed", "none", "dynamic"] = Field(
        default="fixed",
        description="fixed (the crop of the sheet, if there is one), none, or dynamic (a window that goes with an animal that is "
        "small in the frame).",
    )
    parts: Annotated[Integer, Field(ge=1, le=1000)] = Field(
        default=1,
        description="Jobs that share a video, for long ones; the column parts of the sheet takes precedence.",
    )
    dynamic_crop: DynamicCrop = Field(default_factory=DynamicCrop)


class Filter(Settings):
    """Filtering of the raw poses."""

    threshold: Share = Field(
        default=0.6,
        description="Confidence from which a point is confident. Raise it against wrong points, lower it against gaps.",
    )
    steps: tuple[Step, ...] = Field(
        default=(Confidence(), Interpolate(), Median()),
        description="Steps in their order; [] for none. Those that remove points stand before interpolate, those that smooth "
        "after it.",
    )


class Labels(Settings):
    """Labels of a person."""

    scorer: str = Field(
        default="",
        description="Where several people labelled a video: whose labels train (the name in CollectedData_<name>.csv), or mean.",
    )
    policy: Literal["complete", "partial"] = Field(
        default="complete",
        description="complete (no training while chosen frames wait for labels) or partial (training with the labels there are).",
    )


class Refine(Settings):
    """Choice of the frames of the next round, those in which a model is likely wrong. A threshold of 0 skips its check."""

    models: ModelNames = Field(
        default=(),
        description="Models whose errors are looked for; [] for the first of predict.models. With several, frames in which they "
        "disagree are found, too.",
    )
    per_video: CountOrZero = Field(
        default=10, description="Frames per video. Fewer than in the first round: hard frames teach more each."
    )
    total: CountOrZero = Field(default=0, description="Frames of all videos together; 0 for no limit.")
    min_distance: Count = Field(
        default=10, description="Least distance in frames to another chosen or labelled frame. Closer ones show the same error."
    )
    confidence: Share = Field(default=0.6, description="Confidence below which a point is unsure.")
    jump: PositiveOrZero = Field(
        default=0.5,
        description="Distance from one frame to the next that is a jump. No mouse moves half its length in a thirtieth of a "
        "second.",
    )
    jump_unit: LengthUnit = Field(
        default="body",
        description="Unit of jump: body (body lengths) or px (frame pixels). Body lengths suit any animal and camera.",
    )
    body: Annotated[
        TwoKeypoints,
        has_length(
            (0, 2),
            "a body length is the distance of two keypoints, as in [snout, tail_base], or [] for the greatest there is",
        ),
    ] = Field(
        default=(),
        description="Two keypoints that are a body length apart, as [snout, tail_base]; [] for those that lie farthest apart.",
    )
    deviation: PositiveOrZero = Field(
        default=8.0,
        description="Median absolute deviations from the smoothed track. At 5, most of what is found are quick turns.",
    )
    window: Window = Field(
        default=7,
        description="Frames of the smoothed track, an odd number. Errors are shorter than half of it, turns longer.",
    )
    bone: PositiveOrZero = Field(
        default=5.0,
        description="Median absolute deviations from the usual length of a bone. Bones are those of the skeleton, or all pairs "
        "of keypoints.",
    )
    disagreement: PositiveOrZero = Field(
        default=5.0, description="Median absolute deviations of a model from the median of all models."
    )
    max_candidates: Count = Field(
        default=100,
        description="Candidates per video, those with the highest scores. Ten times as many as are chosen; with more, frames "
        "hardly in doubt are chosen, too.",
    )
    seed: Seed = Field(default=1, description="Seed of the choice.")


class Render(Settings):
    """Labelled videos. Each thing that is drawn hides some of the animal, so most are off."""

    threshold: Share = Field(
        default=0.6,
        description="Confidence below which a point is drawn as a ring. The filter fills such points in.",
    )
    radius: Count = Field(default=3, description="Radius of a point in pixels.")
    colormap: str = Field(default="turbo", description="Colours of the keypoints, a colormap of matplotlib.")
    skeleton_color: str = Field(default="white", description='Colour of the skeleton, a name or a code such as "#ff8800".')
    trail: CountOrZero = Field(default=15, description="Frames of past positions; 0 for none.")
    names: Flag = Field(default=False, description="Names of the keypoints beside them.")
    opacity: Flag = Field(default=False, description="Points fade as their confidence falls. A ring shows the same more clearly.")
    frame_number: Flag = Field(default=False, description="Index of the frame, from 0 as in the tables.")
    time: Flag = Field(default=False, description="Time of the frame in seconds.")
    follow: Annotated[
        tuple[WindowSize, ...],
        has_length(
            (0, 2),
            "a window that follows the animal has a width and a height of 16 pixels or more, as in [200, 200]; [] for the whole "
            "frame",
        ),
    ] = Field(
        default=(),
        description="Width and height of a window that goes with the animal, as [200, 200]; [] for the whole frame.",
    )
    side_by_side: Flag = Field(default=False, description="Raw poses on the left, filtered poses on the right.")
    speed: Annotated[Number, Field(ge=0.01, le=100)] = Field(
        default=1.0,
        description="Playback speed: 0.25 is slow motion, 4 an overview. Only the frame rate changes; no frames are dropped.",
    )
    span: Annotated[
        tuple[PositiveOrZero, ...],
        has_length((0, 2), "a span is where it begins and where it ends, as in [300, 900], or [] for all"),
    ] = Field(
        default=(),
        description="Beginning and end (excluded), as [300, 900]; [] for all between start and stop of the sheet.",
    )
    span_unit: Literal["frames", "s"] = Field(default="frames", description="Unit of span: frames or s (seconds).")
    codec: Literal["h264", "hevc", "av1"] = Field(
        default="h264",
        description="h264 (plays in every browser), hevc or av1 (smaller files, which take longer).",
    )
    quality: Quality = Field(
        default=25,
        description="Constant rate factor (H.264); smaller is sharper, in a larger file. With ultrafast, 25 is as "
        "sharp around the animal as 22 with veryfast.",
    )
    preset: Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow"] = Field(
        default="ultrafast",
        description="Speed of the encoder: ultrafast, superfast, veryfast, faster, fast, medium or slow. ultrafast is twice as "
        "fast as veryfast, for files up to three times as large.",
    )
    encoder: Literal["software", "auto"] = Field(
        default="software",
        description="software (the same bytes on each machine) or auto (the encoder of the graphics card, if there is one).",
    )


class Plots(Settings):
    """Figures of each video."""

    threshold: Share = Field(default=0.6, description="Confidence below which a point is not drawn.")
    colormap: str = Field(default="turbo", description="Colours of the keypoints, a colormap of matplotlib.")
    dpi: Annotated[Integer, Field(ge=30, le=1200)] = Field(default=120, description="Pixels per inch.")
    format: Literal["png", "svg", "pdf"] = Field(default="png", description="png, or svg or pdf for print.")


class Config(Settings):
    """Settings of a project: what is tracked, and how."""

    videos: Annotated[str, Field(min_length=1)] = Field(
        default="config/videos.tsv", description="Sheet of videos: a tab-separated table with one row per video."
    )
    active_round: CountOrZero = Field(
        default=0,
        description="Round of labelling that models are trained for. Each later round adds labels to those before.",
    )
    keypoints: Annotated[tuple[KeypointName, ...], Field(min_length=1)] = Field(
        description="Body parts, by their names in the label files: letters, digits, _ and -. Tables have the same order."
    )
    skeleton: tuple[Edge, ...] = Field(
        default=(),
        description="Pairs of keypoints that are joined by a line in videos, and whose distance is watched; [] for none.",
    )
    prepare: Prepare = Field(default_factory=Prepare)
    frames: Frames = Field(default_factory=Frames)
    labels: Labels = Field(default_factory=Labels)
    split: Split = Field(default_factory=Split)
    models: Annotated[dict[ModelName, Model], Field(min_length=1)] = Field(
        description="Networks, each under a name of its own. All of them are trained and evaluated."
    )
    evaluate: Evaluate = Field(default_factory=Evaluate)
    repeats: Repeats = Field(default_factory=Repeats)
    predict: Predict = Field(default_factory=Predict)
    refine: Refine = Field(default_factory=Refine)
    filter: Filter = Field(default_factory=Filter)
    render: Render = Field(default_factory=Render)
    plots: Plots = Field(default_factory=Plots)
