"""Lets the tests import the package, which is not installed: it lies beside the scripts that use it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
