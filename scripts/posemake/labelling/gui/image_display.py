"""Brightness, contrast and gamma of the displayed image; image files are never changed."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class DisplaySettings:
    """How an image is displayed; with all values 0, it is displayed unchanged."""

    brightness: float = 0.0  # -1 … 1, share of the full range
    contrast: float = 0.0  # -1 … 1; 1 multiplies by 4, -1 divides by 4
    gamma: float = 0.0  # -1 … 1; 1 brightens dark parts (exponent 1/4), -1 darkens them (exponent 4)


def lookup_table(settings: DisplaySettings) -> np.ndarray:
    """Return the displayed grey level of each grey level 0 … 255, (256,) uint8.

    Gamma comes first, then contrast about the middle grey, then brightness.
    """
    level = np.linspace(0, 1, 256) ** (4.0**-settings.gamma)
    level = (level - 0.5) * 4.0**settings.contrast + 0.5 + settings.brightness
    return (np.clip(level, 0, 1) * 255).round().astype(np.uint8)


def adjust_image(image: np.ndarray, settings: DisplaySettings) -> np.ndarray:
    """Return an image (H, W, 3) uint8 as it is displayed; the same array if nothing has to change."""
    return image if settings == DisplaySettings() else cv2.LUT(image, lookup_table(settings))


def bounding_box(points: np.ndarray, min_size: float = 40.0) -> tuple[np.ndarray, np.ndarray]:
    """Return centre and size, each (x, y) in pixels, of the box around points (N, 2).

    NaN points are ignored; the box is at least ``min_size`` pixels wide and high.

    Raises
    ------
    ValueError
        If all points are NaN.
    """
    known = points[~np.isnan(points).any(axis=1)]
    if not len(known):
        raise ValueError("no points")
    low, high = known.min(axis=0), known.max(axis=0)
    return (low + high) / 2, np.maximum(high - low, min_size)
