"""core.versions."""

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

DECIDING = ("torch", "torchvision", "opencv-python-headless", "numpy", "av", "onnxruntime", "openvino")  # on the numbers


def package_versions() -> dict[str, str]:
    """Versions of what decides on the numbers, where it is installed; without loading it."""
    found = {}
    for name in DECIDING:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
