"""A finished project in other places, where nothing is done again; and without the GPU that its models were exported on."""

import json
import shutil

from fixtures.collected import sentences
from workflow.expected import after_export
from workflow.tiny import copy_workflow, snakemake, would_run


def test_project_and_clone_are_moved_and_reached_through_links(project, tmp_path, record_fault):
    moved = project.rename(tmp_path / "another näme $(touch canary) 'here'")
    (moved / "results").rename(tmp_path / "results of it")
    (moved / "results").symlink_to(tmp_path / "results of it")
    (tmp_path / "link").symlink_to(moved)
    copy_workflow(tmp_path / "posemake cloned anew")
    (tmp_path / "clone").symlink_to(tmp_path / "posemake cloned anew")
    assert would_run(tmp_path / "link", workflow=tmp_path / "clone") == set()
    assert would_run(tmp_path, "--directory", str(moved), workflow=tmp_path / "clone") == set()
    assert not (tmp_path / "canary").exists() and not (moved / "canary").exists()
    record_fault(
        "a project is renamed, moved with its times, or reached through a link; `results` is a link; posemake is cloned again",
        "all",
        "nothing is done again",
        "nothing",
    )


def test_a_copy_without_times_and_records_is_dated_anew(project, tmp_path):
    copy = shutil.copytree(project, tmp_path / "copy", copy_function=shutil.copyfile)
    shutil.rmtree(copy / ".snakemake")
    assert snakemake(copy, "--touch", "--forceall").returncode == 0
    assert would_run(copy) == set()


def test_models_that_were_exported_on_a_gpu(project, monkeypatch, record_fault):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    path = project / "results/models/round-0/small/engine.json"
    exported = json.loads(path.read_text())
    path.write_text(json.dumps({**exported, "engine": "torch-bf16", "device": "cuda", "requested": "auto"}))
    poses = project / "results/poses/round-0/small/fast_2"
    done = snakemake(project, "results/poses/round-0/small/fast_2/poses.h5", device="")
    sentence = (
        "the model was exported for cuda, and there is no such device here: compute where there is one, or export the model here "
        "(snakemake --forcerun export_model); to compute on the CPU, which is slow, set the variable POSEMAKE_DEVICE to cpu"
    )
    assert sentences(done) == [f"logs/predict_poses/round-0/small/fast_2.log: {sentence}"]
    assert not (poses / "poses.h5").exists()
    assert snakemake(project, "results/poses/round-0/small/fast_2/poses.h5").returncode == 0
    assert json.loads((poses / "poses.json").read_text())["device"] == "cpu"
    assert would_run(project) <= after_export("small")
    record_fault(
        "a model was exported on a GPU, and there is no GPU any more",
        "`predict_poses`, `predict_part`",
        "the job fails; with `POSEMAKE_DEVICE=cpu` the next run computes on the CPU",
        "nothing",
        sentence,
    )
