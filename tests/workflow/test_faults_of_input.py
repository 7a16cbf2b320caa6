"""Bad input: one clear sentence, a status other than 0, and nothing half-made."""

import shutil
import wave

import pandas as pd
import pytest
from workflow import tiny
from workflow.tiny import CONFIG, SHEET, snakemake, write_config, write_sheet


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """A project whose frames are chosen and labelled; nothing is collected or trained."""
    project = tiny.make_project(tmp_path_factory.mktemp("labelled") / "project")
    chosen = [f"results/frames/round-0/{video}/{file}" for video in ("slow_1", "fast_1") for file in ("frames.csv", "images")]
    done = snakemake(project, *chosen)
    assert done.returncode == 0, done.stdout
    tiny.label(project)
    return project


@pytest.fixture
def project(labelled, tmp_path):
    return shutil.copytree(labelled, tmp_path / "project")


def sentence(project, *targets):
    """The one sentence of a run that fails in a job."""
    done = snakemake(project, *targets)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    told = done.stdout.split("posemake could not finish:\n")
    assert len(told) == 2, done.stdout
    lines = told[1].split("Complete log")[0].strip().splitlines()
    assert len(lines) == 1, lines
    assert not [path for target in targets for path in [project / target] if path.exists()]
    assert not list(project.glob("results/**/*.part*"))
    log, _, text = lines[0].strip().partition(": ")
    assert "Traceback" in (project / log).read_text()
    return text


def refused(project):
    """What stands before any job is run, as lines."""
    done = snakemake(project, "-n")
    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    return done.stdout


def zero_bytes(path):
    path.write_bytes(b"")


def text(path):
    path.write_text("This is not a video.\n" * 50)


def cut_short(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 50])


def sound_only(path):
    path.unlink()
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 8000, "NONE", ""))
        sound.writeframes(b"\0" * 16000)


VIDEO_FAULTS = {
    zero_bytes: "the file is empty (0 bytes)",
    text: "not a video",
    cut_short: "copy the file again",
    sound_only: "the file has no video stream",
}


def test_all_videos_that_cannot_be_read_are_told_at_once(project):
    rows = []
    for spoil in VIDEO_FAULTS:
        path = project / f"demo/{spoil.__name__}.mp4"
        shutil.copyfile(project / "demo/fast_2.mp4", path)
        spoil(path)
        rows.append({"video": spoil.__name__, "path": f"demo/{path.name}", "use": "analyse"})
    write_sheet(project, SHEET + rows)
    done = snakemake(project, "validate_videos")
    assert done.returncode != 0 and "Traceback" not in done.stdout
    told = done.stdout.split("posemake could not finish:\n")[1]
    assert "logs/validate_videos.log: 4 of 7 videos cannot be read" in told
    for spoil, fault in VIDEO_FAULTS.items():
        (line,) = [line for line in told.splitlines() if line.strip().startswith(f"{spoil.__name__}: ")]
        assert fault in line
    table = pd.read_csv(project / "results/tables/videos.csv", index_col="video")
    assert table.fault.notna().to_dict() == {row["video"]: row in rows for row in SHEET + rows}
    assert not (project / "results/tables/videos.txt").exists()


def test_validation_of_good_videos(project):
    done = snakemake(project, "validate_videos")
    assert done.returncode == 0, done.stdout
    assert (project / "results/tables/videos.txt").read_text() == "3 videos, 120 frames, 0.1 min; all can be read\n"
    assert not (project / "results/models").exists()


def test_video_missing(project):
    (project / "demo/fast_2.mp4").unlink()
    told = refused(project)
    assert "config/videos.tsv, row 4, path: there is no file 'demo/fast_2.mp4' for the video 'fast_2'" in told


def test_a_broken_video_stops_a_run_before_the_training(project):
    text(project / "demo/fast_2.mp4")
    done = snakemake(project)
    assert done.returncode != 0
    assert "fast_2: not a video" in done.stdout.split("posemake could not finish:")[1]
    assert not (project / "results/models").exists()


def test_broken_videos_do_not_stop_the_others(project):
    text(project / "demo/fast_2.mp4")
    text(project / "demo/new.mp4")
    write_sheet(project, [*SHEET, {"video": "new", "path": "demo/new.mp4", "use": "both"}])
    done = snakemake(project, "--keep-going")
    assert done.returncode != 0
    told = done.stdout.split("posemake could not finish:\n")[1]
    assert "logs/validate_videos.log: 2 of 4 videos cannot be read" in told
    assert "logs/predict_poses/round-0/small/new.log: demo/new.mp4: not a video" in told
    assert "waits for labels" not in done.stdout
    poses = project / "results/poses/round-0/small"
    assert {path.parent.name for path in poses.glob("*/labelled.mp4")} == {"slow_1"}
    assert pd.read_csv(project / "results/frames/round-0/new/frames.csv").empty


def replace(path, old, new):
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new))


def last_row(path):
    return path.read_text().splitlines()[-1]


def unknown_keypoint(path):
    replace(path, "snout", "snoot")


def not_a_number(path):
    row = last_row(path).split(",")
    replace(path, last_row(path), ",".join([*row[:3], "left", *row[4:]]))


def outside(path):
    row = last_row(path).split(",")
    replace(path, last_row(path), ",".join([*row[:3], "160.5", *row[4:]]))


def missing_image(path):
    (path.parent / last_row(path).split(",")[2]).unlink()


def second_row_that_differs(path):
    row = last_row(path).split(",")
    path.write_text(path.read_text() + ",".join([*row[:3], str(float(row[3]) + 1), *row[4:]]) + "\n")


def empty(path):
    path.write_text("")


def no_rows(path):
    path.write_text("\n".join(path.read_text().splitlines()[:3]) + "\n")


LABEL_FAULTS = {
    unknown_keypoint: "keypoint 'snoot' is not in the config; did you mean snout?",
    not_a_number: "row 11, snout x: 'left' is not a number",
    outside: "lies outside the image of 160 x 120 pixels",
    missing_image: "is missing or damaged",
    second_row_that_differs: "has more than one row",
    empty: "the file is empty",
    no_rows: "no image is labelled",
}


@pytest.mark.parametrize("spoil", LABEL_FAULTS, ids=lambda f: f.__name__)
def test_labels(project, spoil):
    spoil(project / "labels/round-0/slow_1/CollectedData_demo.csv")
    told = sentence(project, "results/labels/round-0/labels.csv", "results/labels/round-0/state.json")
    assert told.startswith("labels/round-0/slow_1/CollectedData_demo.csv: ") and LABEL_FAULTS[spoil] in told


def test_one_labelled_frame(project):
    for path in project.glob("labels/round-0/*/*.csv"):
        path.write_text("\n".join(path.read_text().splitlines()[:4]) + "\n")
    shutil.rmtree(project / "labels/round-0/fast_1")
    told = sentence(project, "results/labels/round-0/split.csv")
    assert told.startswith("1 labelled frame in 1 unit ") and "label more frames" in told


def test_labels_without_a_row_in_the_sheet(project):
    (project / "labels/round-0/fast_1").rename(project / "labels/round-0/fast_l")
    assert "labels/round-0/fast_l: has no row in config/videos.tsv; add one (use: train)" in refused(project)


def test_yaml_that_does_not_parse(project):
    path = project / "config/config.yaml"
    path.write_text(path.read_text() + "render: {trail: 3\n")
    assert "config/config.yaml, line" in refused(project)


CONFIG_FAULTS = {
    "misspelt section": ({"fliter": {}}, "config/config.yaml, fliter: there is no such key; did you mean 'filter'?"),
    "misspelt key": (
        {"filter": {"steps": [{"method": "confidence"}, {"method": "median", "windwo": 5}]}},
        "config/config.yaml, filter.steps[1].windwo: there is no such key; did you mean 'window'?",
    ),
    "wrong type": (
        {"filter": {"steps": [{"method": "median", "window": "five"}]}},
        "config/config.yaml, filter.steps[0].window: 'five' is not of the type integer",
    ),
    "even window": ({"filter": {"steps": [{"method": "median", "window": 4}]}}, "a window has an odd number of frames"),
    "unknown backbone": ({"models": {"a": {"backbone": "resnet5"}}}, "models.a.backbone: 'resnet5' is not valid; did you mean"),
    "unknown end of an edge": ({"skeleton": [["snout", "tail_bas"]]}, "'tail_bas' is not a keypoint; did you mean 'tail_base'?"),
    "unknown model": ({"predict": {"models": ["smal"]}}, "'smal' is not among models; did you mean 'small'?"),
}


@pytest.mark.parametrize("name", CONFIG_FAULTS)
def test_config(project, name):
    change, told = CONFIG_FAULTS[name]
    write_config(project, {**CONFIG, **change})
    assert told in refused(project)


def test_all_faults_of_a_sheet_are_told_at_once(project):
    rows = [
        {**SHEET[0], "use": "bth"},
        {**SHEET[1], "video": "bad id"},
        {**SHEET[2], "fps": "fast", "crop": "0:10"},
        {**SHEET[2], "video": "late", "path": "demo/fast_3.mp4", "use": "bth", "start": "10", "stop": "5"},
        {**SHEET[2], "video": "late"},
    ]
    write_sheet(project, rows)
    told = refused(project)
    for part in (
        "row 2, use: 'bth' is not valid; did you mean 'both'?",
        "row 3, video: 'bad id': an id begins with a letter or digit and has letters, digits, _ . - only, as in 'bad_id'",
        "row 4, fps: 'fast' is not of the type number",
        "row 5, path: there is no file 'demo/fast_3.mp4' for the video 'late'; correct the path, or remove the row",
        "row 5, stop: 5 must be greater than start, which is 10",
        "row 4, crop: '0:10': a crop is x1,x2,y1,y2 in pixels",
        "row 6, video: 'late' already stands in row 5",
    ):
        assert f"config/videos.tsv, {part}" in told


def test_unknown_column(project):
    write_sheet(project, [{**row, "subjct": "x"} for row in SHEET])
    assert "config/videos.tsv: there is no column 'subjct'; did you mean 'subject'?" in refused(project)


def test_a_folder_without_a_project(tmp_path):
    done = snakemake(tmp_path, "-n")
    assert done.returncode != 0 and "there is no config/config.yaml" in done.stdout and "new_project" in done.stdout
    assert "Traceback" not in done.stdout
