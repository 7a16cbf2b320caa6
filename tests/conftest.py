"""Lets the tests import the package, which is not installed: it lies beside the scripts that use it."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from fixtures.collected import collected, unmodelled  # noqa: F401  projects that tests share
from fixtures.finished import finished, project  # noqa: F401  what tests of the workflow and of faults change
from fixtures.reliability import pytest_addoption, pytest_terminal_summary, record_fault  # noqa: F401  docs/reliability.md
from fixtures.share import CORES

os.environ.setdefault("OMP_NUM_THREADS", str(CORES))  # for torch, which no module above has imported

LONGEST = (  # minutes each; of neighbours, one rather waits and the other computes
    *("test_slurm_demo", "test_labelling", "test_slurm_faults", "test_openfield", "test_demo", "test_kills", "test_rounds"),
    *("test_rerun_labels", "test_rerun", "test_faults_of_input", "test_disks", "test_branches", "test_portions", "test_runtimes"),
)


MARKS = {"slurm": ("slurm", "slow"), "faults": ("faults",), "gui": ("gui",)}  # by the folder of a test


def pytest_collection_modifyitems(items):
    """Mark tests by their folder, and put the longest files first: begun last, one of them would go on alone."""
    for item in items:
        for folder in set(item.path.parts) & set(MARKS):
            for mark in MARKS[folder]:
                item.add_marker(mark)
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))
