"""The demo on a cluster with accounting, from videos to the page of results, by the profile that the workflow ships."""

import collections
import itertools
import shutil
from datetime import datetime

import pandas as pd
import pytest
import yaml
from slurm.runs import Run, profile, status
from workflow.tiny import ROOT, draw, jobs_in, label, would_run, write_config

from posemake.demo import videos as demo

ANALYSED = ("slow_1", "fast_1", "slow_2", "fast_2", "slow_3", "fast_3")
WORST = 'wörst $(touch canary) `touch canary`"&|; touch canary; #[a]*? 100%d'
ON_GPU = ("train_model", "evaluate_model", "export_model", "predict_poses")


@pytest.fixture(scope="module")
def cluster(cluster_in):
    return cluster_in(gpu=True, accounting=True)


@pytest.fixture(scope="module")
def ran(cluster, tmp_path_factory):
    """The demo's project after both its runs, with these."""
    project = tmp_path_factory.mktemp("demo") / WORST / "project"
    shutil.copytree(ROOT / "config", project / "config")
    config = yaml.safe_load((project / "config/config.yaml").read_text())
    config["models"]["small"]["steps"] = 30
    write_config(project, config)
    demo.draw_demo(project / "demo")
    first = Run(cluster, project)
    assert first.wait() == 0, first.text()
    assert "posemake waits for labels: 80 frames in 4 videos" in first.text()
    assert label(project) == 80
    second = Run(cluster, project)
    assert second.wait() == 0, second.text()
    return project, first, second


def accounted(cluster, run):
    """What the accounting has of the jobs of a run, by the rule or the group of their comments."""
    columns = "JobIDRaw,Start,End,State,AllocTRES,Comment,TimelimitRaw,Partition,Account"
    lines = cluster.ask("sacct", "-X", "-P", "-n", f"--name={run.name()}", "-o", columns).splitlines()
    jobs = collections.defaultdict(list)
    for line in lines:
        job = dict(zip(columns.split(","), line.split("|")))
        jobs[job["Comment"].removeprefix("rule_").partition("_wildcards_")[0]].append(job)
    return jobs


def gpus_of_steps(cluster):
    """The value of CUDA_VISIBLE_DEVICES that the steps of each job saw, - for none."""
    seen = collections.defaultdict(set)
    for line in (cluster.folder / "steps.txt").read_text().splitlines():
        job, gpu = line.split()
        seen[job].add(gpu)
    return seen


def times(job):
    return datetime.fromisoformat(job["Start"]), datetime.fromisoformat(job["End"])


def test_the_demo_ends_in_its_page(ran):
    project, *_ = ran
    page = (project / "results/index.html").read_text()
    for video in ANALYSED:
        assert f"{video}/labelled.mp4" in page
    assert would_run(project) == set()  # nor by a run on this machine alone


def test_names_are_taken_as_they_are(ran, record_fault):
    project, *_ = ran
    assert not list(project.parent.parent.rglob("canary"))
    record_fault(
        "names with spaces, quotes, `$()`, `;`, backticks, `%d`, `*`, other alphabets, in a run on SLURM",
        "the folder of the project",
        "names are used unchanged; nothing in them is executed, neither on the login node nor by a job",
        "nothing",
    )


def test_short_jobs_share_a_job_of_slurm(cluster, ran):
    _, first, second = ran
    before, after = accounted(cluster, first), accounted(cluster, second)
    counts = {name: len(jobs) for name, jobs in (before | after).items()}
    assert counts == {
        "prepare_video": 6,
        "tabulate_videos": 1,
        "frames_extract_frames_plot_frames_select_frames": 4,
        "tabulate_frames": 1,
        "collect_labels": 1,
        "train_model": 1,
        "plot_augmentation": 1,
        "plot_learning_curve": 1,
        "evaluate_model": 1,
        "export_model": 1,
        "predict_poses": 6,
        "figures_filter_poses_plot_poses_render_video": 6,
        "tabulate_poses": 1,
    }
    assert {job["State"] for jobs in (*before.values(), *after.values()) for job in jobs} == {"COMPLETED"}
    # of these, SLURM is asked for what one after the other needs
    for job in after["figures_filter_poses_plot_poses_render_video"]:
        assert "cpu=2,mem=2000M" in job["AllocTRES"] and job["TimelimitRaw"] == str(20 + 120 + 20)
    local = {"validate_videos", "split_dataset", "report_model", "write_index"}
    assert local <= jobs_in(first.text()) | {name.split()[0] for name in jobs_in(second.text())}


def test_jobs_on_the_gpu_run_one_at_a_time(cluster, ran):
    *_, second = ran
    jobs, seen = accounted(cluster, second), gpus_of_steps(cluster)
    on_gpu = [job for rule in ON_GPU for job in jobs[rule]]
    assert len(on_gpu) == 9
    assert all("gres/gpu=1" in job["AllocTRES"] and seen[job["JobIDRaw"]] == {"0"} for job in on_gpu)
    others = [job for rule, found in jobs.items() if rule not in ON_GPU for job in found]
    assert all("gres/gpu" not in job["AllocTRES"] and seen[job["JobIDRaw"]] == {"-"} for job in others)
    spans = sorted(times(job) for job in on_gpu)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    # beside the CPU's jobs, of which several run together
    assert any(start < end_other and start_other < end for start, end in spans for start_other, end_other in map(times, others))


def test_status_after_the_run(cluster, ran):
    project, *_ = ran
    shown = status(cluster, project)
    assert "the run ended" in shown and "failed:" not in shown
    rows = {line.split()[0]: line.split()[1:] for line in shown.splitlines()[3:] if line}
    # done; the most memory of a job, and what was asked for; minutes, and what was asked for; GPUs
    assert [rows["predict_poses"][i] for i in (0, 2, 4, 5)] == ["6", "4000", "240", "1"]
    assert rows["render_video"][0] == "6" and 30 < int(rows["render_video"][1]) < int(rows["render_video"][2]) == 2000
    assert rows["write_index"][0] == "1"


def test_a_new_video_submits_its_own_jobs_and_memory_grows(cluster, ran, tmp_path, record_fault):
    """With account, partitions and the other spelling of a GPU; and the inference gets too little memory at first."""
    project, *_ = ran
    draw(project, "slow_9", seed=9)
    with (project / "config/videos.tsv").open("a") as sheet:
        sheet.write("slow_9\tdemo/slow_9.mp4\tanalyse\tmouse_9\tslow\n")
    changes = {
        "    gpu: 1": '    gpu: 0\n    gres: "gpu:1"\n    mem_mb: 200 * 20 ** (attempt - 1)',
        "  # slurm_account: lab": "  slurm_account: lab",
        "  # slurm_partition: cpu": "  slurm_partition: cpu",
        "    # slurm_partition: gpu": "    slurm_partition: gpu",
        "# slurm-efficiency-report: true": "slurm-efficiency-report: true",
        "# slurm-efficiency-report-path: logs": "slurm-efficiency-report-path: logs",
    }
    run = Run(cluster, project, profile=profile(tmp_path / "profile", **changes))
    assert run.wait() == 0, run.text()
    jobs, seen = accounted(cluster, run), gpus_of_steps(cluster)
    assert {name: len(found) for name, found in jobs.items()} == {
        "prepare_video": 1,
        "tabulate_videos": 1,
        "predict_poses": 2,
        "figures_filter_poses_plot_poses_render_video": 1,
        "tabulate_poses": 1,
    }, run.text()
    for name, found in jobs.items():
        assert {(job["Account"], job["Partition"]) for job in found} == {("lab", "gpu" if name == "predict_poses" else "cpu")}
    failed, again = sorted(jobs["predict_poses"], key=lambda job: int(job["JobIDRaw"]))
    assert (failed["State"], again["State"]) == ("FAILED", "COMPLETED")
    assert "mem=200M" in failed["AllocTRES"] and "mem=4000M" in again["AllocTRES"]
    for job in (failed, again):
        assert "gres/gpu=1" in job["AllocTRES"] and seen[job["JobIDRaw"]] == {"0"}
    assert (project / "results/poses/round-0/small/slow_9/labelled.mp4").exists()
    (report,) = (project / "logs").glob("efficiency_report_*.csv")
    measured = pd.read_csv(report)
    of_jobs = {int(job["JobIDRaw"]) for found in jobs.values() for job in found}
    assert {int(job) for job in measured["JobID"]} == of_jobs, measured  # 37.1 is a step of 37
    assert (measured["Elapsed_sec"] > 0).all() and measured["MaxRSS_MB"].max() > 30, measured
    record_fault(
        "a SLURM job exceeds its memory",
        "predict_poses",
        "SLURM ends the job; it is submitted again with more memory, and the run goes on",
        "the work of the job",
        "SLURM-job … failed, SLURM status is: 'FAILED'; Trying to restart job …",
    )
