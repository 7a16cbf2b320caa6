"""`make env` that is cut off, and what is missing afterwards; with stand-ins for Python and uv, which install a file."""

import os
import shutil
import subprocess
import sys

import pytest
from fixtures.helpers import ROOT
from workflow import tiny

# like uv, the stand-in takes what is there for installed, though it may be half a file
PYTHON = """#!/bin/sh
test ! -e "$BROKEN" || exit 1
case "$*" in
  *posemake.jobs.packages) test -e .venv/lib/package || { echo package >&2; exit 1; } ;;
  "-m venv "*) mkdir -p "$3/bin" "$3/lib"; cp "$0" "$3/bin/python"; test "$DIE" != venv || kill -9 0 ;;
  *"pip install"*) cp "$UV_STAND_IN" .venv/bin/uv; test "$DIE" != pip || kill -9 0 ;;
esac
"""
UV = """#!/bin/sh
test ! -e .venv/lib/package || exit 0
echo half > .venv/lib/package
test "$DIE" != uv || kill -9 0
echo whole > .venv/lib/package
"""


@pytest.fixture
def make(tmp_path):
    """``make(die)``: run `make env` in a clone; the process group is killed at that step, if one is named.

    While there is a file ``broken``, no Python works."""
    if not shutil.which("make"):
        pytest.skip("there is no make")
    clone = tmp_path / "a clone"
    (clone / "envs").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", clone)
    (clone / "envs/compute.txt").write_text("package==1\n")
    for name, text in (("python", PYTHON), ("uv", UV)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def run(die="", folder=clone, arguments=("env",)):
        env = {**os.environ, "DIE": die, "UV_STAND_IN": str(tmp_path / "uv"), "BROKEN": str(tmp_path / "broken")}
        return subprocess.run(
            ["make", *arguments, f"PYTHON={tmp_path / 'python'}"],
            cwd=folder,
            env=env,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    run.clone, run.broken = clone, tmp_path / "broken"
    return run


def is_whole(make, folder=None):
    package = (folder or make.clone) / ".venv/lib/package"
    return package.exists() and package.read_text() == "whole\n"


def test_a_set_up_and_nothing_more_to_do(make):
    assert make().returncode == 0 and is_whole(make)
    done = make()
    assert done.returncode == 0 and "Nothing to be done" in done.stdout
    os.utime(make.clone / "envs/compute.txt")
    (make.clone / ".venv/lib/own").write_text("what the user installed beside")
    assert make().returncode == 0 and (make.clone / ".venv/lib/own").exists()


@pytest.mark.parametrize("step", ["venv", "pip", "uv"])
def test_a_set_up_that_is_killed(make, record_fault, step):
    assert make(step).returncode == -9
    assert not (make.clone / ".venv/.done").exists() and not is_whole(make)
    done = make()
    assert done.returncode == 0 and is_whole(make), done.stdout
    assert ".venv is not whole: it is set up anew" in done.stdout
    record_fault(
        "`make env` is killed",
        "while it creates the environment, installs uv, or installs the packages",
        "the next `make env` empties the environment and sets it up again",
        "the time of the set-up; downloaded packages may be in uv's cache",
        ".venv is not whole: it is set up anew",
    )


def python_gone(clone):
    (clone / ".venv/bin/python").unlink()
    (clone / ".venv/bin/python").symlink_to("/usr/bin/python3.0")
    return clone


def moved(clone):
    return clone.rename(clone.with_name("moved"))


BROKEN = {
    python_gone: ("the Python of the environment is gone", "for example after an upgrade of the system"),
    moved: ("the clone is moved together with its environment", "the programs of the environment contain the old path"),
}


@pytest.mark.parametrize("spoil", BROKEN, ids=lambda f: f.__name__)
def test_an_environment_that_no_longer_works(make, record_fault, spoil):
    make()
    (make.clone / ".venv/bin/stale").write_text("")
    clone = spoil(make.clone)
    done = make(folder=clone)
    assert done.returncode == 0 and is_whole(make, clone) and not (clone / ".venv/bin/stale").exists(), done.stdout
    assert not (clone / ".venv/bin/python").is_symlink()
    assert "Nothing to be done" in make(folder=clone).stdout
    fault, when = BROKEN[spoil]
    record_fault(
        fault, when, "`make env` notices it and sets the environment up again", "nothing", ".venv is not whole: it is set up anew"
    )


@pytest.mark.parametrize("arguments", [("-s", "window-packages"), ("-n", "env")], ids=" ".join)
def test_python_fails_while_nothing_is_set_up(make, arguments):
    """As before `module load python`: what only reads leaves everything as it is."""
    make()
    (make.clone / ".venv/lib/own").write_text("what the user installed beside")
    before = sorted(make.clone.rglob("*"))
    make.broken.touch()
    assert make(arguments=arguments).returncode == 0
    make.broken.unlink()
    assert sorted(make.clone.rglob("*")) == before
    assert "Nothing to be done" in make().stdout and (make.clone / ".venv/lib/own").exists()


def test_python_fails_when_the_set_up_begins(make):
    """It is told at once, and the environment stays."""
    make()
    make.broken.touch()
    assert make().returncode != 0
    make.broken.unlink()
    assert "Nothing to be done" in make().stdout and is_whole(make)


def test_a_package_is_missing_from_the_environment(make):
    make()
    (make.clone / ".venv/lib/package").unlink()
    (make.clone / ".venv/lib/own").write_text("what the user installed beside")
    assert make().returncode == 0 and is_whole(make) and (make.clone / ".venv/lib/own").exists()


def test_a_package_is_missing_when_the_workflow_starts(tmp_path, monkeypatch, record_fault):
    """Python is told beforehand that there is no such package."""
    project = tiny.make_project(tmp_path / "project")
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['openvino'] = sys.modules['torchvision'] = None\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = tiny.snakemake(project, new_process=True)
    assert done.returncode != 0 and "Traceback" not in done.stdout
    sentence = f"openvino, torchvision: not installed, or only in part, in {sys.prefix}; run `make env` in {ROOT}"
    assert sentence in done.stdout
    assert not (project / "results").exists()
    record_fault(
        "a package is missing",
        "when the workflow starts",
        "no job starts; `make env` adds what is missing and keeps packages that the user installed",
        "nothing",
        "openvino, torchvision: not installed, or only in part, in …; run `make env` in …, and use the snakemake of its .venv",
    )
