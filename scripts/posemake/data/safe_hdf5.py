"""Check that an HDF5 file runs no code when it is read."""

import pickletools
from typing import Any

import numpy as np

from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath

# a pickle that names a function or class has one of these; pandas keeps plain values only
CODE = {"GLOBAL", "STACK_GLOBAL", "INST", "REDUCE", "OBJ", "NEWOBJ", "NEWOBJ_EX"}


def _runs_code(value: Any) -> bool:
    """Return whether an attribute is a pickle that would run code."""
    content = value.tobytes() if isinstance(value, (np.generic, np.ndarray)) else value
    content = content.encode("latin-1", "replace") if isinstance(content, str) else content
    if not isinstance(content, bytes) or not content.endswith(b"."):
        return False  # a pickle ends in a full stop
    try:
        return bool({opcode.name for opcode, _, _ in pickletools.genops(content)} & CODE)
    except Exception:
        return False  # no pickle


def refuse_code(path: StrPath) -> None:
    """Refuse an HDF5 file whose pickled attributes or datasets would run code when pandas reads them.

    Raises
    ------
    PosemakeError
        If there is any.
    """
    import h5py

    def check(name: str, node: Any) -> None:
        for key in node.attrs:
            if _runs_code(node.attrs.get(key)):
                raise PosemakeError(f"{path}: holds code ({name}, {key}) and was not opened; save the labels as CSV instead")
        if getattr(node, "dtype", None) == np.dtype(object) or "PSEUDOATOM" in node.attrs:
            raise PosemakeError(f"{path}: holds pickled objects ({name}) and was not opened; save the labels as CSV instead")

    with h5py.File(path) as file:
        check("/", file)
        file.visititems(check)
