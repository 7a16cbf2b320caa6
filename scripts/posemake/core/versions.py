"""Versions of the packages that results depend on."""

from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

TRAINING = ("torch", "timm", "opencv-python-headless", "numpy")  # packages that decide the numbers of a training
INFERENCE = (*TRAINING, "av", "onnxruntime", "openvino")


def package_versions(names: Iterable[str] = INFERENCE) -> dict[str, str]:
    """Return the versions of those packages that are installed, without importing them."""
    versions = {}
    for name in names:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions
