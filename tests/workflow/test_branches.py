"""Repeats of a training: branches beside the models, made where they are asked for, and no more of them than a change touches."""

import copy
import shutil

import pandas as pd
import pytest
from workflow.expected import EVALUATION, INDEX, per_model
from workflow.tiny import CONFIG, correct_a_label, jobs_in, snakemake, would_run, write_config

REPEATS = {"seeds": 1, "folds": 2, "label_fractions": [0.5]}
NAMES = ("seed-2", "fold-1-of-2", "fold-2-of-2", "labels-0.5")
COMPARING = {"compare_repeats small", "report_model small"}
FOLDER = "results/models/round-0/small"


def changed(**values):
    return {**copy.deepcopy(CONFIG), "repeats": {**REPEATS, **values}}


def trainings(*names, rules=("split_repeat", "train_repeat", "evaluate_repeat"), model="small"):
    return {f"{rule} {model} {name}" for rule in rules for name in names}


@pytest.fixture(scope="module")
def repeated(tmp_path_factory, finished):
    """A finished project, and what a run did with repeats of its first model."""
    project = shutil.copytree(finished, tmp_path_factory.mktemp("repeated") / "project", symlinks=True)
    write_config(project, changed())
    expected = trainings(*NAMES) | COMPARING
    assert would_run(project) == expected
    before = {path: path.read_bytes() for path in project.glob("results/**/*.csv")}
    done = snakemake(project, "--cores", "1")
    assert done.returncode == 0, done.stdout
    assert jobs_in(done.stdout) == expected
    assert {path: path.read_bytes() for path in before} == before
    assert would_run(project) == set()
    return project


@pytest.fixture
def project(repeated, tmp_path):
    return shutil.copytree(repeated, tmp_path / "project", symlinks=True)


def test_what_repeats_give(repeated):
    split = pd.read_csv(repeated / "results/labels/round-0/split.csv")
    of = {name: pd.read_csv(repeated / FOLDER / f"repeats/{name}/split.csv") for name in NAMES}
    assert all((found[["video", "image", "unit"]] == split[["video", "image", "unit"]]).all(axis=None) for found in of.values())
    tested = pd.concat([found[found["part"] == "test"] for name, found in of.items() if name.startswith("fold")])
    assert sorted(zip(tested.video, tested.image)) == sorted(zip(split.video, split.image))
    table = pd.read_csv(repeated / FOLDER / "repeats.csv").set_index(["repeat", "kind"])
    assert list(table.index)[:5] == [("small", "model"), *((name, name.split("-")[0]) for name in NAMES)]
    assert table.loc[("folds", "pooled"), "test"] == len(split)
    assert table.loc[("labels-0.5", "labels"), "train"] < table.loc[("small", "model"), "train"]
    errors = [(repeated / FOLDER / f"{at}errors.csv").read_text() for at in ("", "repeats/seed-2/")]
    assert errors[0] != errors[1]
    page = (repeated / FOLDER / "index.html").read_text()
    assert "Repeats" in page and 'src="repeats.png"' in page
    assert "Repeats" not in (repeated / "results/models/round-0/other/index.html").read_text()


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (changed(seeds=2), trainings("seed-3") | COMPARING),
        (changed(seeds=0), COMPARING),
        (changed(folds=3), trainings("fold-1-of-3", "fold-2-of-3", "fold-3-of-3") | COMPARING),
        (changed(label_fractions=[0.5, 0.25]), trainings("labels-0.25") | COMPARING),
        (changed(models=["small"]), set()),
        (
            changed(models=["small", "other"]),
            trainings("seed-3", *NAMES[1:], model="other") | {"compare_repeats other", "report_model other"},
        ),
        ({**CONFIG}, {"report_model small"}),
        (
            {**changed(), "evaluate": {"threshold": 0.3}},
            per_model(*EVALUATION) | trainings(*NAMES, rules=["evaluate_repeat"]) | COMPARING | INDEX,
        ),
    ],
    ids=["a seed", "no seeds", "folds", "a share", "the default written out", "another model", "no repeats", "evaluation"],
)
def test_config_key(project, config, expected):
    write_config(project, config)
    assert would_run(project) == expected


def test_a_training_key_touches_the_repeats_of_its_model(project):
    config = changed()
    config["models"]["small"]["learning_rate"] = 0.001
    write_config(project, config)
    retrained = trainings(*NAMES, rules=["train_repeat", "evaluate_repeat"]) | COMPARING
    assert retrained <= would_run(project) and "split_repeat small seed-2" not in would_run(project)


def test_a_label(project):
    correct_a_label(project / "labels/round-0/slow_1/CollectedData_demo.csv")
    done = snakemake(project, "--cores", "1", f"{FOLDER}/repeats.csv")
    assert done.returncode == 0, done.stdout
    of_model = {"collect_labels", "split_dataset", "train_model small", "evaluate_model small", "compare_repeats small"}
    assert jobs_in(done.stdout) == of_model | trainings(*NAMES)


MISSING = [
    (["metrics.csv", "errors.csv", "examples.png", "errors.png"], "evaluate_repeat"),
    (["evaluation.json", "cumulative.png", "calibration.png"], "evaluate_repeat"),
    (["weights.pt", "history.csv"], "train_repeat"),
    (["split.csv"], "split_repeat"),
]


@pytest.mark.parametrize(("files", "rule"), MISSING)
def test_each_file_of_a_repeat_is_asked_for(project, files, rule):
    """Each of another repeat, so that one dry-run shows that all of them are missed."""
    for name, file in zip(NAMES, files):
        (project / FOLDER / f"repeats/{name}/{file}").unlink()
    assert trainings(*NAMES[: len(files)], rules=[rule]) <= would_run(project)


def test_no_other_file_is_made(repeated):
    made = {path.name for path in (repeated / FOLDER).glob("repeats/*/*")}
    assert made == {file for files, _ in MISSING for file in files}


@pytest.mark.parametrize("file", ["repeats.csv", "repeats.png"])
def test_the_comparison_is_asked_for(project, file):
    (project / FOLDER / file).unlink()
    assert would_run(project) == COMPARING


def test_too_many_folds_are_told(project):
    write_config(project, changed(folds=50))
    done = snakemake(project, f"{FOLDER}/repeats/fold-50-of-50/split.csv")
    assert done.returncode != 0 and "Traceback" not in done.stdout
    assert "units of the split, none for the part 'test'; lower repeats.folds" in done.stdout
