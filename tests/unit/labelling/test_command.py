import subprocess
import sys

import numpy as np
import pytest
from fixtures.helpers import ROOT, SCRIPTS

from posemake.core.errors import PosemakeError
from posemake.data.label_files import Labels, write_labels
from posemake.labelling import command as labeller
from posemake.labelling.project import choose_scorer, open_project

KEYPOINTS = ("snout", "tail")


def choose(project, number, video, images):
    folder = project / f"results/frames/round-{number}/{video}"
    (folder / "images").mkdir(parents=True)
    for image in images:
        (folder / "images" / image).touch()
    (folder / "frames.csv").write_text("\n".join(["image", *images]) + "\n")


def label(project, number, video, images, scorer="anna"):
    folder = project / f"labels/round-{number}/{video}"
    folder.mkdir(parents=True, exist_ok=True)
    labels = Labels(scorer, KEYPOINTS, tuple(images), np.array([[[1.0, 2], [3, 4]]] * len(images)))
    write_labels(folder / f"CollectedData_{scorer}.csv", labels, video)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text("keypoints: [snout, tail]\nactive_round: 1\n")
    choose(tmp_path, 0, "m1", ["img0001.png", "img0002.png"])
    return tmp_path


def opened(project, **options):
    return [(*task.folder, task.image) for task in open_project(project, **options).navigator.tasks]


def test_the_first_round_that_waits_is_opened(project):
    choose(project, 1, "m1", ["img0009.png"])
    both = [(0, "m1", "img0001.png"), (0, "m1", "img0002.png")]
    assert opened(project) == both
    label(project, 0, "m1", ["img0001.png", "img0002.png"])
    assert opened(project) == [(1, "m1", "img0009.png")]
    assert opened(project, number=0) == both
    label(project, 1, "m1", ["img0009.png"])
    assert opened(project) == [(1, "m1", "img0009.png")]


def test_images_labelled_beside_the_chosen_ones_count(project):
    label(project, 0, "m1", ["img0050.png", "img0060.png"])
    choose(project, 1, "m1", ["img0009.png"])
    assert {number for number, *_ in opened(project)} == {1}


def test_one_video_is_asked_for(project):
    choose(project, 0, "m2", ["img0003.png"])
    assert opened(project, video="m2") == [(0, "m2", "img0003.png")]
    with pytest.raises(PosemakeError, match="no frames to label for the video 'm3'"):
        open_project(project, video="m3")


def test_videos_that_are_only_analysed_are_left_out(project):
    choose(project, 0, "m2", ["img0003.png"])
    (project / "config/videos.tsv").write_text("video\tpath\tuse\nm1\ta.mp4\tboth\nm2\tb.mp4\tanalyse\n")
    assert {video for _, video, _ in opened(project)} == {"m1"}


def test_videos_that_left_the_sheet_keep_no_round_open(project):
    choose(project, 0, "m2", ["img0003.png"])
    choose(project, 1, "m1", ["img0009.png"])
    label(project, 0, "m1", ["img0001.png", "img0002.png"])
    assert {(number, video) for number, video, _ in opened(project)} == {(0, "m1"), (0, "m2")}
    (project / "config/videos.tsv").write_text("video\tpath\tuse\nm1\ta.mp4\tboth\n")
    assert opened(project) == [(1, "m1", "img0009.png")]


def test_nothing_to_label_says_what_to_do(tmp_path, project):
    with pytest.raises(PosemakeError, match="no frames to label for round 1; run snakemake first"):
        open_project(project, number=1)
    with pytest.raises(PosemakeError, match=r"has no config/config.yaml; give a project's folder with --project"):
        open_project(tmp_path / "labels")


def test_who_labels(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "jane doe")
    assert choose_scorer("ben", "anna", {"eve"}) == "ben"
    assert choose_scorer("", "anna", {"eve"}) == "anna"
    assert choose_scorer("", "mean", set()) == "jane_doe"
    assert choose_scorer("mean", "", {"eve"}) == "eve" and choose_scorer("meaney", "mean", {"eve"}) == "meaney"
    assert choose_scorer("", "", {"eve"}) == "eve"
    assert choose_scorer("", "", {"eve", "jane_doe"}) == "jane_doe"
    with pytest.raises(PosemakeError, match="there are labels of adam, eve; say who labels: --scorer adam"):
        choose_scorer("", "", {"eve", "adam"})


def test_the_person_of_an_earlier_round_goes_on(project):
    label(project, 0, "m1", ["img0001.png"], scorer="eve")
    session = open_project(project)
    assert {store.scorer for store in session.navigator.stores.values()} == {"eve"}


@pytest.mark.skipif(sys.platform != "linux", reason="only there can a display be missing")
def test_without_a_display_the_way_over_another_machine_is_told(project):
    environment = {"PYTHONPATH": str(SCRIPTS), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "posemake.labelling.command", "--project", str(project)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "posemake: there is no display here, so no window can open; copy the project's folders config, "
    )
    assert done.stderr.count("\n") == 1
    labeller.check_display({"WAYLAND_DISPLAY": "wayland-0"})


def test_an_environment_without_napari_says_how_to_get_one(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PosemakeError, match="has no napari, which labelling needs; get it with `make label-env`"):
        labeller.check_napari()


def test_the_set_up_installs_what_the_window_loads():
    packages = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("WINDOW :="))
    assert set(labeller.LIBRARIES.values()) < set(packages.split())
