import shlex
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from posemake.jobs.cluster import describe_leftover_jobs, describe_unsafe_names, find_leftover_jobs

NAME = "posemake_01234567-89ab-cdef-0123-456789abcdef"


@given(st.text(st.sampled_from("aZ0 $`;'\"\\{}*?~ä動\n\t\x7f\u2028%#!&|<>()"), min_size=1, max_size=8))
@example("it's $(touch canary)")
def test_names_that_pass_reach_the_job_as_they_are(name):
    """Snakemake writes `repr` of names into a command; double quotes, which it takes beside a single one, keep no `$()`."""
    if not describe_unsafe_names([name]):
        assert shlex.split(repr(name)) == [name] and repr(name).startswith("'")


def test_ordinary_names_pass():
    assert describe_unsafe_names(['/data/my mice/größe $(1) `x` "y".mp4', "動画/a;b&c.mp4"]) == []


def test_a_name_that_a_shell_would_run_is_refused_once():
    bad = "/data/it's $(echo run)"
    assert subprocess.run(["sh", "-c", f"echo {bad!r}"], capture_output=True, text=True).stdout == "/data/it's run\n"
    (told,) = describe_unsafe_names([bad, "good", bad])
    assert told.startswith(f"{bad}: there is ', \\ or a sign that cannot be printed in this name")


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """``queue(lines)`` answers as squeue."""
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    (tmp_path / "project").mkdir()
    (tmp_path / "link").symlink_to("project")

    def ask(*command):
        assert command[0] == "squeue"
        here, elsewhere = tmp_path / "project", tmp_path
        lines = [f"3|{NAME}|{here}", f"4|{NAME}|{elsewhere}", f"5|my notebook|{here}", f"6|{NAME[9:]}|{tmp_path / 'link'}"]
        return "\n".join([*lines, f"7|{NAME}|{here}", f"8|{NAME}|a|b", "nonsense", ""])

    return ask


def test_jobs_of_the_project_are_found_and_no_others(tmp_path, queue):
    assert find_leftover_jobs(tmp_path / "project", queue) == find_leftover_jobs(tmp_path / "link", queue) == ["3", "6"]


def test_without_slurm_there_are_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_leftover_jobs(tmp_path) == []


def test_what_is_said_of_them():
    assert describe_leftover_jobs([]) == []
    (told,) = describe_leftover_jobs([str(job) for job in range(1000)])
    assert "are still in the queue, and would write the same files: 0 1 2 " in told and "49 …; cancel them by `scancel`" in told
