"""Settings of the filter steps."""

from typing import Annotated, Literal

from pydantic import Field

from posemake.config.fields import Count, Integer, LengthUnit, Number, Positive, Settings, Window


class Confidence(Settings):
    """Remove points whose confidence is below `filter.threshold`."""

    method: Literal["confidence"] = "confidence"


class Speed(Settings):
    """Remove points that jump away and come back."""

    method: Literal["speed"] = "speed"
    limit: Positive = Field(
        default=0.5,
        description="Greatest distance from one frame to the next. No mouse moves half its length in a thirtieth of a second.",
    )
    unit: LengthUnit = Field(
        default="body",
        description="Unit of limit: body (body lengths) or px (frame pixels). Body lengths suit any animal and camera; a body "
        "length is the distance between the two keypoints that lie farthest apart.",
    )
    max_length: Annotated[Integer, Field(ge=1, le=1000)] = Field(
        default=10,
        description="Frames that a point can be away. A point that stays away for longer is kept, as the animal may be there.",
    )


class Bone(Settings):
    """Remove points at an unusual distance from those that the skeleton joins them to."""

    method: Literal["bone"] = "bone"
    deviations: Positive = Field(
        default=8.0,
        description="Median absolute deviations from the usual length of a bone. An animal that rears or turns varies by less. "
        "Bones are those of the skeleton, or all pairs of keypoints where there is none. Of the two ends, the one with more "
        "unusual bones is removed, else the less confident one.",
    )


class Hampel(Settings):
    """Remove points that lie off the running median."""

    method: Literal["hampel"] = "hampel"
    window: Window = Field(
        default=7, description="Frames of the running median, an odd number. With 7, errors of at most 3 frames are found."
    )
    deviations: Positive = Field(
        default=5.0,
        description="Median absolute deviations within the window. 4.4 are three standard deviations of normal noise.",
    )


class Interpolate(Settings):
    """Fill short gaps."""

    method: Literal["interpolate"] = "interpolate"
    max_gap: Count = Field(
        default=5, description="Frames of the longest gap that is filled. What happened in a longer one is unknown."
    )
    kind: Literal["linear", "pchip"] = Field(
        default="linear", description="linear (straight lines) or pchip (a smooth curve that does not overshoot)."
    )


class Median(Settings):
    """Smooth by the running median, which removes jumps and keeps edges."""

    method: Literal["median"] = "median"
    window: Window = Field(
        default=5,
        description="Frames of the running median, an odd number. With 5, errors of at most 2 frames are removed. A longer "
        "window is smoother and blurs fast movement.",
    )


class Savgol(Settings):
    """Smooth by running polynomials, which keep the height of peaks."""

    method: Literal["savgol"] = "savgol"
    window: Window = Field(
        default=7, description="Frames that one polynomial is fitted to, an odd number. A longer window is smoother."
    )
    polyorder: Count = Field(
        default=2,
        description="Degree of the polynomial, less than window. 2 keeps accelerations; a higher degree keeps more noise, too.",
    )


class Butterworth(Settings):
    """Smooth by a low-pass filter without delay."""

    method: Literal["butterworth"] = "butterworth"
    cutoff: Positive = Field(
        default=6.0,
        description="Hz above which movement is taken for noise, below half the frame rate. Limbs move slower than 6 Hz. At this "
        "frequency, 71 % of the movement is left.",
    )
    order: Annotated[Integer, Field(ge=1, le=8)] = Field(
        default=2,
        description="Order of each of the two passes. A higher order cuts more sharply and rings at sudden movement.",
    )


class Kalman(Settings):
    """Smooth by a model of movement."""

    method: Literal["kalman"] = "kalman"
    motion: Literal["velocity", "acceleration"] = Field(
        default="velocity",
        description="What changes little from frame to frame: velocity or acceleration. Acceleration follows turns better and "
        "lets more noise through.",
    )
    measurement: Annotated[Number, Field(gt=0, le=100)] = Field(
        default=1.0,
        description="Standard deviation of a measured point in pixels. Good networks reach 1. A greater value is smoother.",
    )
    process: Annotated[Number, Field(ge=0.01)] = Field(
        default=0.5,
        description="Standard deviation in pixels per frame by which velocity or acceleration changes from frame to frame. A "
        "smaller value is smoother; only the ratio to measurement matters.",
    )


Step = Annotated[
    Confidence | Speed | Bone | Hampel | Interpolate | Median | Savgol | Butterworth | Kalman, Field(discriminator="method")
]
STEPS: dict[str, type[Settings]] = {
    step.model_fields["method"].default: step
    for step in (Confidence, Speed, Bone, Hampel, Interpolate, Median, Savgol, Butterworth, Kalman)
}
