"""Brightness, contrast and gamma of a picture for the eye: the labeller shows frames through this, and changes no file."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Look:
    """How a frame is shown. All values at 0 show it as it is."""

    brightness: float = 0.0  # -1 … 1, share of the full range
    contrast: float = 0.0  # -1 … 1; 1 is four times, -1 a quarter
    gamma: float = 0.0  # -1 … 1; 1 lifts the dark parts with an exponent of 1/4, -1 darkens with 4


def curve(look: Look) -> np.ndarray:
    """The grey level that each of 0 … 255 is shown with, (256,) uint8: gamma, then contrast about the middle, then brightness."""
    level = np.linspace(0, 1, 256) ** (4.0**-look.gamma)
    level = (level - 0.5) * 4.0**look.contrast + 0.5 + look.brightness
    return (np.clip(level, 0, 1) * 255).round().astype(np.uint8)


def shown(picture: np.ndarray, look: Look) -> np.ndarray:
    """A picture (H, W, 3) uint8 as it is to look, itself if nothing is to change."""
    return picture if look == Look() else cv2.LUT(picture, curve(look))


def fit_box(points: np.ndarray, least: float = 40.0) -> tuple[np.ndarray, np.ndarray]:
    """Centre and size (x, y) of what the points (N, 2) span, NaN left out, at least ``least`` pixels each way.

    Raises
    ------
    ValueError
        If there is no point.
    """
    there = points[~np.isnan(points).any(axis=1)]
    if not len(there):
        raise ValueError("no points")
    low, high = there.min(axis=0), there.max(axis=0)
    return (low + high) / 2, np.maximum(high - low, least)
