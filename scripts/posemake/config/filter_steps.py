"""The steps that a filter of tracks is made of, with the default of each key and its reason. What they do: posemake.filters."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Confidence:
    """Remove points that are not confident, by `filter.threshold`."""

    method: str = "confidence"


@dataclass(frozen=True)
class Speed:
    """Remove points that jump away and come back."""

    method: str = "speed"
    limit: float = 0.5  # no mouse moves half of itself in a thirtieth of a second
    unit: str = "body"  # body lengths per frame, so that it holds for any animal and camera; or `px`
    max_length: int = 10  # frames; what stays away for longer may be where the animal is


@dataclass(frozen=True)
class Bone:
    """Remove points at the wrong distance from those they are joined to."""

    method: str = "bone"
    deviations: float = 8.0  # median absolute deviations; an animal that rears or turns varies by less


@dataclass(frozen=True)
class Hampel:
    """Remove points off the running median."""

    method: str = "hampel"
    window: int = 7  # frames, odd; finds faults of at most 3 frames
    deviations: float = 5.0  # median absolute deviations within the window; 4.4 are three standard deviations of normal noise


@dataclass(frozen=True)
class Interpolate:
    """Fill short gaps."""

    method: str = "interpolate"
    max_gap: int = 5  # frames; longer gaps stay missing rather than be invented
    kind: str = "linear"  # invents nothing; `pchip` is rounder


@dataclass(frozen=True)
class Median:
    """Smooth by the running median."""

    method: str = "median"
    window: int = 5  # frames, odd; removes faults of at most 2 frames


@dataclass(frozen=True)
class Savgol:
    """Smooth by running polynomials."""

    method: str = "savgol"
    window: int = 7  # frames, odd
    polyorder: int = 2  # keeps peaks, as acceleration is kept


@dataclass(frozen=True)
class Butterworth:
    """Smooth by a low-pass filter without delay."""

    method: str = "butterworth"
    cutoff: float = 6.0  # Hz; animals' limbs move slower, noise is as fast as the camera
    order: int = 2  # of each of the two passes, as is usual in the study of movement


@dataclass(frozen=True)
class Kalman:
    """Smooth by a model of movement."""

    method: str = "kalman"
    motion: str = "velocity"  # changes little from frame to frame; or `acceleration`
    measurement: float = 1.0  # pixels, standard deviation of a measured point: what good networks have
    process: float = 0.5  # pixels per frame, standard deviation by which velocity (or acceleration) changes from frame to frame


Step = Confidence | Speed | Bone | Hampel | Interpolate | Median | Savgol | Butterworth | Kalman
STEPS = {kind.method: kind for kind in Step.__args__}
