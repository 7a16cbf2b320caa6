"""Whether what a job imports is installed, found out without importing it."""

import sys
from importlib.util import find_spec

# as they are imported; tensorboard is left out, as training goes on without it
NEEDED = (
    *("av", "bottleneck", "cv2", "h5py", "jinja2", "jsonschema", "matplotlib", "numpy", "onnx", "onnxruntime", "onnxscript"),
    *("openvino", "pandas", "PIL", "pygments", "scipy", "sklearn", "tables", "threadpoolctl", "tifffile", "torch"),
    *("torchvision", "tqdm", "xarray", "yaml"),
)


def missing_packages(needed: tuple[str, ...] = NEEDED) -> list[str]:
    """Those that are not installed, or of which only an empty folder is left."""
    return [name for name in needed if (spec := find_spec(name)) is None or spec.origin is None]


if __name__ == "__main__":  # of `make env`
    sys.exit(", ".join(missing_packages()) or 0)
