"""A session of labelling whose folder cannot be written, or whose files lie elsewhere; in a process without root's powers."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from fixtures.helpers import ROOT
from fixtures.label_sessions import Project
from fixtures.labelling import KEYPOINTS

from posemake.labelling.store.store import LabelStore

NOBODY = 65534
CHILD = """
import json, os, sys
sys.path[:0] = [{scripts!r}, {tests!r}]
from pathlib import Path
from fixtures.label_sessions import Project, cells
from posemake.core.errors import PosemakeError

folder, labels = Path({folder!r}), Path({folder!r}, "labels/round-0/m1")
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid({nobody}, {nobody}, {nobody})
    os.setresuid({nobody}, {nobody}, {nobody})
told = {{}}

def sentence(key, call, *arguments):
    try:
        call(*arguments)
    except PosemakeError as error:
        told[key] = str(error)

{body}
print(json.dumps(told))
"""
IN_THE_MIDDLE = """
session = Project(folder).open()
session.place((10, 10))
session.store.flush()
before = {path.name: path.read_bytes() for path in labels.glob("*.csv")}
os.chmod(labels, 0o555)
session.place((20, 20))
sentence("flush", session.store.flush)
told["cells"] = cells(session, 0)
told["kept"] = {path.name: path.read_bytes() for path in labels.glob("*.csv")} == before
os.chmod(labels, 0o755)
"""
FROM_THE_START = """
os.makedirs(labels)
os.chmod(labels, 0o555)
session = Project(folder).open()
sentence("place", session.place, (10, 10))
told["files"] = os.listdir(labels)
os.chmod(labels, 0o755)
"""


@pytest.fixture
def folder():
    """A project that everybody may reach, and that belongs to nobody where the tests are root's."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        project = Path(name, "project")
        Project(project).choose("m1", [3, 5])
        if os.geteuid() == 0:
            for path in (project, *project.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        yield project


def as_nobody(folder, body):
    values = {
        "scripts": str(ROOT / "scripts"),
        "tests": str(ROOT / "tests"),
        "folder": str(folder),
        "nobody": NOBODY,
        "body": body,
    }
    done = subprocess.run([sys.executable, "-c", CHILD.format(**values)], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_folder_that_can_no_longer_be_written(folder, record_fault):
    told = as_nobody(folder, IN_THE_MIDDLE)
    labels = folder / "labels/round-0/m1"
    path = labels / "CollectedData_anna.csv"
    assert told["flush"] == (
        f"{path}: cannot be written (Permission denied); the labels are safe in {path.stem}.history.jsonl, and are written as "
        "soon as they can be"
    )
    assert told["kept"] and told["cells"][:2] == [[10, 10, "placed"], [20, 20, "placed"]]
    store = LabelStore(labels, "anna", KEYPOINTS, "m1")
    assert store.get("img0003.png").xy[:2].tolist() == [[10, 10], [20, 20]] and not store.unwritten
    store.close()
    assert "20" in path.read_text()
    record_fault(
        "the folder of labels can no longer be written (permissions)",
        "while someone labels",
        "each change is still written to the history, which is open; the label file is updated when the folder can be written "
        "again, or when the labels are opened the next time",
        "nothing",
        "CollectedData_anna.csv: cannot be written (Permission denied); the labels are safe in CollectedData_anna.history.jsonl, "
        "and are written as soon as they can be",
    )


def test_a_folder_that_can_never_be_written(folder, record_fault):
    told = as_nobody(folder, FROM_THE_START)
    labels = folder / "labels/round-0/m1"
    assert told == {"place": f"{labels}: nothing is changed: {labels} cannot be written (Permission denied)", "files": []}
    record_fault(
        "the folder of labels cannot be written (permissions)",
        "when someone begins to label",
        "labels can be viewed but not changed",
        "nothing",
        "labels/round-0/m1: nothing is changed: labels/round-0/m1 cannot be written (Permission denied)",
    )


def test_label_files_that_are_links(tmp_path, record_fault):
    session = Project(tmp_path).choose("m1", [3, 5]).open()
    session.place((10, 10))
    session.store.close()
    path, other = tmp_path / "labels/round-0/m1/CollectedData_anna.csv", tmp_path / "other disk"
    other.mkdir()
    for file in path.parent.glob(f"{path.stem}.*"):
        file.rename(other / file.name)
        file.symlink_to(other / file.name)
    session = Project(tmp_path).open()
    session.place((20, 20))
    session.store.close()
    assert path.is_symlink() and path.with_suffix(".decisions.json").is_symlink()
    assert "20" in (other / path.name).read_text()
    assert not list(other.glob(".*")) and not list(path.parent.glob(".*"))
    record_fault(
        "label files are links to another disk",
        "while someone labels",
        "the files that the links point to are written, and the links stay",
        "nothing",
    )
