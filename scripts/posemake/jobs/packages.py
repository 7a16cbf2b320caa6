"""Check that the packages which jobs import are installed, without importing them."""

import sys
from importlib.util import find_spec

# Names of the modules. tensorboard is not among them, as a training does without it.
NEEDED = (
    *("av", "bottleneck", "cv2", "h5py", "jinja2", "matplotlib", "numpy", "onnx", "onnxruntime", "onnxscript", "openvino"),
    *(
        "pandas",
        "PIL",
        "psutil",
        "pydantic",
        "pygments",
        "safetensors",
        "scipy",
        "sklearn",
        "tables",
        "threadpoolctl",
        "tifffile",
    ),
    *("timm", "torch", "torchvision", "tqdm", "yaml"),
)


def missing_packages(needed: tuple[str, ...] = NEEDED) -> list[str]:
    """Return the packages that are not installed, or of which only an empty folder is left."""
    return [name for name in needed if (spec := find_spec(name)) is None or spec.origin is None]


if __name__ == "__main__":  # run by `make env`
    sys.exit(", ".join(missing_packages()) or 0)
