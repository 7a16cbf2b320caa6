"""The rerun contract: for each change, exactly the jobs that follow from it.

Every case works on a copy of a finished project, so that each also shows that a project can be moved. Cases that only ask what
would be done are dry-runs. A change of labels goes through the checkpoint, behind which a dry-run cannot see: these run.
"""

import copy
import os

import pytest
from fixtures.edits import add_comment, add_constant, in_clone, make_fail
from workflow import tiny
from workflow.expected import (
    AFTER_FILTER,
    ANALYSED,
    EVALUATION,
    FIGURES,
    INDEX,
    MODELS,
    OVER_ALL,
    PLOTTED,
    RENDERED,
    TABLES_OF_VIDEOS,
    after_choosing,
    after_export,
    after_labels,
    after_training,
    per_model,
    per_video,
)
from workflow.tiny import CONFIG, SHEET, draw, jobs_in, snakemake, would_run, write_config, write_sheet

from posemake.analysis import filters, smoothing
from posemake.core.json_files import read_json
from posemake.networks import heatmap, runtimes


def changed(section, **values):
    config = copy.deepcopy(CONFIG)
    config.setdefault(section, {}).update(values)
    return config


def steps(max_gap=5, window=5):
    """The steps of the filter by default, or with other numbers."""
    return [{"method": "confidence"}, {"method": "interpolate", "max_gap": max_gap}, {"method": "median", "window": window}]


CONFIG_CHANGES = {
    "frames of one group": (changed("frames", per_group={"fast": 6}), after_choosing("fast_1")),
    "frames of one subject": (changed("frames", per_subject={"m1": 9}), after_choosing("slow_1")),
    "the same number by its group": (changed("frames", per_group={"fast": 8}), set()),
    "how frames are chosen": (changed("frames", method="uniform"), after_choosing("slow_1", "fast_1")),
    "what chosen frames are compared by": (
        changed("frames", features="mobilenet_v2"),
        {"embed_frames slow_1", "embed_frames fast_1"} | after_choosing("slow_1", "fast_1"),
    ),
    "a file of weights that nothing uses": (changed("frames", weights="nowhere.pth"), set()),
    "filter window": (changed("filter", steps=steps(window=7)), AFTER_FILTER),
    "filter threshold": (changed("filter", threshold=0.5), AFTER_FILTER),
    "order of the filter's steps": (changed("filter", steps=steps()[::-1]), AFTER_FILTER),
    "a default written out": (changed("filter", steps=steps(window=5)), set()),
    "render colour": (changed("render", colormap="plasma"), RENDERED),
    "what the labelled video shows": (
        changed("render", side_by_side=True),
        per_video("render_video") | per_model("sample_figures"),
    ),
    "format of plots": (changed("plots", format="svg"), PLOTTED | INDEX),
    "skeleton": ({**CONFIG, "skeleton": [["snout", "tail_base"]]}, AFTER_FILTER),
    "resolution of plots": (changed("plots", dpi=60), PLOTTED),
    "threshold of plots": (changed("plots", threshold=0.3), PLOTTED),
    "threshold of the evaluation": (changed("evaluate", threshold=0.3), per_model(*EVALUATION) | INDEX),
    "a training key of one model": (
        changed("models", other={**CONFIG["models"]["other"], "learning_rate": 0.001}),
        after_training("other"),
    ),
    "an augmentation key of one model": (
        changed("models", small={**CONFIG["models"]["small"], "augment": {"rotation": 90}}),
        after_labels("small"),
    ),
    "two keys swapped": (
        changed("split", validation=0.25, test=0.25, block=1, seed=4),
        {"split_dataset"} | after_labels(*MODELS),
    ),
    "a third model": (
        changed("models", third=tiny.MODEL),
        per_model("train_model", "plot_augmentation", "plot_learning_curve", *EVALUATION, models=["third"]) | INDEX,
    ),
    "a model no longer applied": (changed("predict", models=["small"]), INDEX),
    "the engine": (changed("predict", engine="onnxruntime"), per_model("export_model") | after_export(*MODELS)),
    "a window that follows": (changed("predict", crop="dynamic"), after_export(*MODELS)),
    "a key of the window, where there is none": (changed("predict", dynamic_crop={"every": 50}), set()),
    "parts of every video": (
        changed("predict", parts=2),
        after_export(*MODELS) - per_video("predict_poses") | per_video("predict_part", "join_poses"),
    ),
    "order of the models": ({**CONFIG, "models": dict(reversed(CONFIG["models"].items()))}, set()),
}


@pytest.mark.parametrize("name", CONFIG_CHANGES)
def test_config_key(project, name):
    config, expected = CONFIG_CHANGES[name]
    write_config(project, config)
    assert would_run(project) == expected


def test_swapped_values_are_noticed(project):
    """Snakemake compares the values of params as a set: without the names of the keys, this change would be overlooked."""
    write_config(project, changed("filter", steps=steps(window=7, max_gap=5)))
    assert would_run(project) == AFTER_FILTER
    assert snakemake(project, "--quiet").returncode == 0
    assert would_run(project) == set()
    write_config(project, changed("filter", steps=steps(window=5, max_gap=7)))
    assert would_run(project) == AFTER_FILTER


def test_nothing_changed(project, clone):
    done = snakemake(project, "-n")
    assert "Nothing to be done" in done.stdout
    assert would_run(project, workflow=clone) == set()


def test_touched_code(project, clone):
    for path in [clone / "Snakefile", *clone.glob("rules/*.smk"), *clone.glob("scripts/**/*.py"), *clone.glob("envs/*")]:
        os.utime(path)
    assert would_run(project, workflow=clone) == set()


def test_comment_and_docstring(project, clone):
    add_comment(in_clone(clone, filters))
    add_comment(clone / "scripts/filter_poses.py")
    assert would_run(project, workflow=clone) == set()


def test_code_of_the_filters(project, clone):
    add_constant(clone, smoothing)
    assert would_run(project, workflow=clone) == AFTER_FILTER


def test_code_that_several_stages_share(project, clone):
    add_constant(clone, heatmap)
    assert would_run(project, workflow=clone) == after_training(*MODELS)


def test_code_of_the_engines(project, clone):
    add_constant(clone, runtimes)
    assert would_run(project, workflow=clone) == per_model("export_model") | after_export(*MODELS)


def test_new_video_to_analyse(project):
    draw(project, "slow_9", seed=9)
    write_sheet(project, [*SHEET, {"video": "slow_9", "path": "demo/slow_9.mp4", "use": "analyse"}])
    expected = per_video("predict_poses", "filter_poses", *FIGURES, videos=["slow_9"])
    tables = {"prepare_video slow_9"} | TABLES_OF_VIDEOS | per_model(*OVER_ALL)
    assert would_run(project) == expected | tables | INDEX


def test_new_video_to_label(project):
    draw(project, "slow_9", seed=9)
    write_sheet(project, [*SHEET, {"video": "slow_9", "path": "demo/slow_9.mp4", "use": "train"}])
    expected = {"prepare_video slow_9"} | TABLES_OF_VIDEOS | after_choosing("slow_9")
    assert would_run(project) == expected
    done = snakemake(project)
    assert done.returncode == 0 and jobs_in(done.stdout) == expected
    assert "posemake waits for labels: 8 frames in 1 video: slow_9 (8)." in done.stdout
    assert (project / "results/index.html").exists()


@pytest.mark.parametrize("older", [False, True], ids=["newer", "older than the results"])
def test_video_replaced(project, older):
    draw(project, "fast_2", seed=77, frames=30)
    if older:
        os.utime(project / "demo/fast_2.mp4", (1e9, 1e9))
    expected = per_video("predict_poses", "filter_poses", *FIGURES, videos=["fast_2"])
    tables = {"prepare_video fast_2"} | TABLES_OF_VIDEOS | per_model(*OVER_ALL)
    assert would_run(project) == expected | tables | INDEX


def test_parts_of_a_video_give_the_same_poses(project):
    wanted = "results/poses/round-0/small/fast_2/poses.h5"
    before = {path: path.read_bytes() for path in (project / wanted).parent.glob("poses.*")}
    write_sheet(project, [{**row, "parts": 2} if row["video"] == "fast_2" else row for row in SHEET])
    done = snakemake(project, wanted)
    assert done.returncode == 0 and done.stdout.count("rule predict_part:") == 2, done.stdout
    assert jobs_in(done.stdout) == {"predict_part small fast_2", "join_poses small fast_2"}
    assert not list((project / wanted).parent.glob("parts/*"))
    assert would_run(project, wanted) == set()
    for path, content in before.items():
        # the code of another rule made it
        assert path.read_bytes() == content or (path.suffix == ".json" and read_json(path)["engine"] == "openvino")


SHEET_CHANGES = {
    "group": ({"group": "x"}, TABLES_OF_VIDEOS | per_model("tabulate_poses") | INDEX),
    "px_per_mm": (
        {"px_per_mm": 2.0},
        per_video("filter_poses", *FIGURES, videos=["fast_2"]) | per_model(*OVER_ALL) | INDEX,
    ),
    "crop": (
        {"crop": "0,150,0,110"},
        per_video("predict_poses", "filter_poses", *FIGURES, videos=["fast_2"]) | per_model(*OVER_ALL) | INDEX,
    ),
    "parts": (
        {"parts": 3},
        per_video("predict_part", "join_poses", "filter_poses", *FIGURES, videos=["fast_2"]) | per_model(*OVER_ALL) | INDEX,
    ),
    "camera, which nothing uses": ({"camera": "top"}, set()),
}


@pytest.mark.parametrize("name", SHEET_CHANGES)
def test_sheet(project, name):
    change, expected = SHEET_CHANGES[name]
    write_sheet(project, [*SHEET[:2], {**SHEET[2], **change}])
    assert would_run(project) == expected


LABELLED_CHANGES = {
    "roi": ({"roi": "0,80,0,60"}, after_choosing("fast_1")),
    "frames, which the method does not look at": ({"frames": "3,5"}, set()),
    "subject": ({"subject": "m9"}, {"tabulate_frames"} | TABLES_OF_VIDEOS | per_model(*EVALUATION) | INDEX),
}


@pytest.mark.parametrize("name", LABELLED_CHANGES)
def test_sheet_of_a_labelled_video(project, name):
    change, expected = LABELLED_CHANGES[name]
    write_sheet(project, [SHEET[0], {**SHEET[1], **change}, SHEET[2]])
    assert would_run(project) == expected


def test_order_of_the_sheet(project):
    write_sheet(project, SHEET[::-1])
    assert would_run(project) == set()


def test_output_deleted(project):
    (project / "results/poses/round-0/small/fast_2/filtered.csv").unlink()
    expected = per_video("filter_poses", *FIGURES, models=["small"], videos=["fast_2"])
    assert would_run(project) == expected | per_model(*OVER_ALL, models=["small"]) | INDEX


@pytest.mark.parametrize("file", ["poster.png", "preview.mp4", "labelled.mp4"])
def test_last_output_deleted(project, file):
    (project / f"results/poses/round-0/small/fast_2/{file}").unlink()
    assert would_run(project) == {"render_video small fast_2", "sample_figures small"}


def test_failed_job_is_not_forgotten(project, clone):
    """After a failure, Snakemake alone would say that nothing is to be done, with the old final results in place."""
    code = make_fail(clone, filters, filters.apply_step)
    done = snakemake(project, "--keep-going", workflow=clone)
    assert done.returncode != 0
    assert done.stdout.count("ValueError: on purpose") == len(MODELS) * len(ANALYSED)
    assert would_run(project, workflow=clone) == AFTER_FILTER
    in_clone(clone, filters).write_text(code)
    assert would_run(project, workflow=clone) == AFTER_FILTER
    done = snakemake(project, workflow=clone)
    assert done.returncode == 0 and jobs_in(done.stdout) == AFTER_FILTER


def test_failed_preparation_is_not_forgotten(project):
    video = project / "demo/fast_2.mp4"
    video.write_bytes(video.read_bytes()[:3000])
    done = snakemake(project, "--keep-going")
    assert done.returncode != 0 and "demo/fast_2.mp4: " in done.stdout.split("posemake could not finish:")[1]
    assert {"validate_videos", "predict_poses small fast_2"} <= would_run(project)
    draw(project, "fast_2", seed=2)
    assert {"prepare_video fast_2", "predict_poses small fast_2"} <= would_run(project)


def test_all_that_is_made_is_asked_for(project):
    """Each file of a job is a target, so that none can be missing or stale unnoticed."""
    folders = {"images", "standard", "small.figures", "other.figures"}  # each one output
    made = {path.name: path for path in project.glob("results/**/*") if path.is_file() and not folders & {*path.parts}}
    assert len(made) > 25
    for path in made.values():
        moved = path.rename(path.with_name("moved"))
        assert would_run(project), f"{path} is missed by no one"
        moved.rename(path)
