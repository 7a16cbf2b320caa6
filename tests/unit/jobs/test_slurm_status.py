"""What the status command makes of a run's log; the recorded one is of Snakemake 9.27 with slurm 2.8."""

import importlib.util
import os
import sys

import pytest
from fixtures.helpers import ROOT

SPEC = importlib.util.spec_from_file_location("slurm_status", ROOT / "profiles/slurm/status.py")
status = sys.modules["slurm_status"] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(status)

LOG = """\
SLURM run ID: posemake_5b0f
Job stats:
job                count
---------------  -------
prepare_video          3
extract_frames         1
select_frames          1
plot_frames            1
validate_videos        1
tabulate_videos        1
all                    1
total                  9

Select jobs to execute...
Execute 3 jobs...
[Sun Nov 22 00:11:40 2026]
rule prepare_video:
    input: demo/slow_1.mp4
    output: results/videos/slow_1/video.json, results/videos/slow_1/standard
    log: logs/prepare_video/slow_1.log
    jobid: 3
    benchmark: benchmarks/prepare_video/slow_1.tsv
    reason: Missing output files: results/videos/slow_1/standard
    wildcards: video=slow_1
    priority: 20
    threads: 4
    resources: tmpdir=<TBD>, disk_mb=1000, disk=1 GB, disk_mib=954, mem_mb=2000, mem=2 GB, mem_mib=1908, runtime=240
[Sun Nov 22 00:11:40 2026]
rule prepare_video:
    input: demo/slow_2.mp4
    log: logs/prepare_video/slow_2.log
    jobid: 7
    wildcards: video=slow_2
    resources: tmpdir=<TBD>, mem_mb=2000, runtime=240
[Sun Nov 22 00:11:40 2026]
rule prepare_video:
    input: demo/fast_1.mp4
    log: logs/prepare_video/fast_1.log
    jobid: 5
    wildcards: video=fast_1
    resources: tmpdir=<TBD>, mem_mb=2000, runtime=240
Job 3 has been submitted with SLURM jobid 1 (log: /p/.snakemake/slurm_logs/rule_prepare_video/slow_1/1.log).
Job 7 has been submitted with SLURM jobid 2 (log: /p/.snakemake/slurm_logs/rule_prepare_video/slow_2/2.log).
Job 5 has been submitted with SLURM jobid 3 (log: /p/.snakemake/slurm_logs/rule_prepare_video/fast_1/3.log).
[Sun Nov 22 00:12:00 2026]
Finished jobid: 3 (Rule: prepare_video)
1 of 9 steps (11%) done
Select jobs to execute...
Execute 1 jobs...
[Sun Nov 22 00:12:00 2026] Group job frames (jobs in lexicogr. order):

    [Sun Nov 22 00:12:00 2026]
    rule extract_frames:
        input: demo/slow_1.mp4
        log: logs/extract_frames/round-0/slow_1.log
        jobid: 12
        wildcards: round=0, video=slow_1
        threads: 2
        resources: tmpdir=<TBD>, mem_mb=1500, mem=1.5 GB, disk_mb=<TBD>, runtime=60
    [Sun Nov 22 00:12:00 2026]
    rule plot_frames:
        input: results/frames/round-0/slow_1/frames.csv
        log: logs/plot_frames/slow_1.log
        jobid: 13
        wildcards: video=slow_1
        resources: tmpdir=<TBD>, mem_mb=1500, runtime=20
    [Sun Nov 22 00:12:00 2026]
    rule select_frames:
        input: demo/slow_1.mp4
        log: logs/select_frames/slow_1.log
        jobid: 2
        wildcards: video=slow_1
        threads: 2
        resources: tmpdir=<TBD>, mem_mb=2000, runtime=60
Job ad011cb7-4ad1-5f71-8994-ff1a8eb44661 has been submitted with SLURM jobid 7 (log: /p/.snakemake/slurm_logs/g/7.log).
[Sun Nov 22 00:12:10 2026]
Error in rule prepare_video:
    message: SLURM-job '2' failed, SLURM status is: 'TIMEOUT'. Reason unavailable.For further error details see the log.
    jobid: 7
    input: demo/slow_2.mp4
    log: logs/prepare_video/slow_2.log, /p/.snakemake/slurm_logs/2.log (check log file(s) for error details)
    external_jobid: 2
"""
AGAIN = """\
Trying to restart job 7.
[Sun Nov 22 00:12:10 2026]
rule prepare_video:
    log: logs/prepare_video/slow_2.log
    jobid: 7
    wildcards: video=slow_2
    resources: tmpdir=<TBD>, mem_mb=4000, runtime=480
Job 7 has been submitted with SLURM jobid 8 (log: /p/.snakemake/slurm_logs/rule_prepare_video/slow_2/8.log).
"""


def slurm(queue=None, accounting=None):
    """SLURM's commands as they answer with these lines, or are not there."""
    return lambda command, *_: {"squeue": queue, "sacct": accounting}[command]


def states(run):
    return {f"{job.rule} {job.wildcards.split('video=')[-1]}": job.state for job in run.jobs.values()}


def test_jobs_and_groups_of_a_log():
    run = status.read_log(LOG)
    assert (run.name, run.ended, run.steps) == ("posemake_5b0f", False, "1 of 9")
    assert states(run) == {
        "prepare_video slow_1": "done",
        "prepare_video slow_2": "failed",
        "prepare_video fast_1": "submitted",
        "extract_frames slow_1": "submitted",
        "plot_frames slow_1": "submitted",
        "select_frames slow_1": "submitted",
    }
    assert {job.slurm for job in run.jobs.values() if "frames" in job.rule} == {"7"}
    assert run.jobs["3"].asked == {"mem_mb": 2000, "runtime": 240}


def test_a_job_that_is_tried_again_has_not_failed():
    run = status.read_log(LOG + AGAIN)
    job = run.jobs["7"]
    assert (job.state, job.slurm, job.tries, job.asked) == ("submitted", "8", 2, {"mem_mb": 4000, "runtime": 480})


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (slurm("3|RUNNING\n7|PENDING\n"), ("running", "queued")),
        (slurm("3|COMPLETING\n7|REQUEUED\n"), ("running", "queued")),
        (slurm("", "3|CANCELLED by 0\n7|COMPLETED\n"), ("failed", "done")),
        (slurm("3|OUT_OF_MEMORY\n7|NODE_FAIL\n"), ("failed", "failed")),
        (slurm(), ("queued", "queued")),
    ],
    ids=["in the queue", "on the way", "forgotten by the queue", "not noticed yet", "no SLURM here"],
)
def test_states_of_slurm(answers, expected):
    run = status.read_log(LOG)
    silent = status.ask_slurm(run, answers)
    assert (run.jobs["5"].state, run.jobs["2"].state) == expected
    assert bool(silent) == (answers("squeue") is None)


def test_the_whole_answer(tmp_path):
    """By rule; a log's last sentence where the job said one, else SLURM's word; what was used beside what was asked for."""
    log = tmp_path / "2026-11-22T001139.110114.snakemake.log"
    log.write_text(LOG)
    (tmp_path / "benchmarks/prepare_video").mkdir(parents=True)
    for name, values in {"slow_1": "90\t0:01:30\t85.5", "slow_2": "30\t0:00:30\t120.2", "fast_1": ""}.items():
        (tmp_path / f"benchmarks/prepare_video/{name}.tsv").write_text(f"s\th:m:s\tmax_rss\n{values}\n")
    shown = status.show(tmp_path, log, slurm("3|RUNNING\n7|PENDING\n"))
    rows = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line and line[0] != " "}
    assert "goes on, or was killed; 1 of 9 steps are done" in shown
    assert rows["prepare_video"] == ["1", "1", "1", "120", "2000", "1.5", "240"]  # running, done, failed
    assert rows["select_frames"] == ["1", "2000", "60"]  # queued
    assert rows["validate_videos"] == ["1"]  # waiting
    assert "prepare_video video=slow_2: SLURM-job '2' failed, SLURM status is: 'TIMEOUT'." in shown
    (tmp_path / "logs/prepare_video").mkdir(parents=True)
    (tmp_path / "logs/prepare_video/slow_2.log").write_text("00:00:01 ERROR: the first\n00:00:02 ERROR: the file is empty\n")
    shown = status.show(tmp_path, log, slurm())
    assert "prepare_video video=slow_2: the file is empty (SLURM: TIMEOUT)  [logs/prepare_video/slow_2.log" in shown


def test_an_ended_run_and_a_folder_without_one(tmp_path, monkeypatch):
    assert status.read_log(LOG + "Complete log(s): /p/.snakemake/log/x.snakemake.log\n").ended
    monkeypatch.setattr(sys, "argv", ["status.py", str(tmp_path)])
    with pytest.raises(SystemExit, match="no run has left a log here"):
        status.main()


def test_the_log_of_the_latest_run_on_the_cluster(tmp_path, monkeypatch, capsys):
    """Not that of a call after it, such as `--unlock`; without any, the newest."""
    folder = tmp_path / ".snakemake/log"
    folder.mkdir(parents=True)
    for day, text in (("20", "Building DAG of jobs...\n"), ("22", LOG), ("23", "Unlocking working directory.\n")):
        (folder / f"2026-11-{day}T001139.110114.snakemake.log").write_text(text)
    monkeypatch.setattr(sys, "argv", ["status.py", str(tmp_path)])
    monkeypatch.setattr(status, "ask", slurm())
    status.main()
    assert capsys.readouterr().out.startswith("2026-11-22T001139.110114: the run goes on")
    (folder / "2026-11-22T001139.110114.snakemake.log").unlink()
    status.main()
    assert capsys.readouterr().out.startswith("2026-11-23T001139.110114: ")


def test_of_many_jobs_the_newest_are_read(tmp_path):
    (tmp_path / "filter_poses/round-0").mkdir(parents=True)
    (tmp_path / "validate_videos.tsv").write_text("s\tmax_rss\n60\t50\n")
    for number in range(status.NEWEST + 1):
        path = tmp_path / f"filter_poses/round-0/v{number}.tsv"
        path.write_text(f"s\tmax_rss\n60\t{900 - number}\n")
        os.utime(path, (number + 1, number + 1))
    assert status.used(tmp_path) == {"filter_poses": (899.0, 1.0), "validate_videos": (50.0, 1.0)}
