"""Which videos, labels, rounds and models a run is about, and what the rules are told of them."""

import re

import pytest
import yaml

from posemake.core.errors import PosemakeError
from posemake.jobs.project import alternatives, content_digests, find_project, has_keys, open_project, signature

from .conftest import SHEET, VALUES


def test_the_use_of_a_video_tells_what_is_done_with_it(folder):
    project = folder.open()
    assert project.present_videos == ["slow_1", "fast_1", "fast_2"]
    assert project.videos_to_label == ["slow_1", "fast_1"]
    assert project.videos_to_analyse == ["slow_1", "fast_2"]
    assert project.training_videos == ["slow_1", "fast_1"]


def test_a_labelled_video_may_be_gone(folder):
    (folder.path / "demo/fast_1.mp4").unlink()
    with pytest.raises(
        PosemakeError, match=r"row 3, path: there is no file 'demo/fast_1.mp4'.*; correct the path, or remove the row$"
    ):
        folder.open()
    folder.label(0, "fast_1")
    project = folder.open()
    assert project.present_videos == ["slow_1", "fast_2"] and project.videos_to_label == ["slow_1"]
    assert project.training_videos == ["slow_1", "fast_1"]


def test_an_analysed_video_may_not_be_gone(folder):
    (folder.path / "demo/slow_1.mp4").unlink()
    folder.label(0, "slow_1")
    with pytest.raises(
        PosemakeError, match=r"row 2, path: there is no file.*'slow_1' has labels, which are used .* its use is train"
    ):
        folder.open()
    folder.write("config/videos.tsv", SHEET.replace("both", "analyse"))
    with pytest.raises(PosemakeError, match=r"if its use is train$"):
        folder.open()


def test_a_missing_video_is_never_said_to_be_another_recording(folder):
    """Neither one of another number, nor one that another row has; one that is written in another way is."""
    (folder.path / "demo/fast_2.mp4").rename(folder.path / "demo/fast_3.mp4")
    with pytest.raises(PosemakeError, match=r"correct the path, or remove the row$"):
        folder.open()
    (folder.path / "demo/fast_3.mp4").rename(folder.path / "demo/Fast-2.MP4")
    with pytest.raises(PosemakeError, match=r"; did you mean 'demo/Fast-2.MP4'\?$"):
        folder.open()
    folder.write("config/videos.tsv", SHEET.replace("demo/fast_1", "demo/Fast-2").replace("2.mp4\ttrain", "2.MP4\ttrain"))
    with pytest.raises(PosemakeError, match=r"row 4, path: .* correct the path, or remove the row$"):
        folder.open()


def test_a_missing_disk_is_named(folder):
    folder.write("config/videos.tsv", SHEET.replace("demo/fast_2", "/mnt/nowhere/day 1/fast_2"))
    with pytest.raises(
        PosemakeError, match=r"the folder '/mnt/nowhere' is not there either; mount its disk, or correct the path$"
    ):
        folder.open()


def test_all_faults_are_told_at_once(folder):
    folder.write("config/videos.tsv", SHEET.replace("both", "bth").replace("demo/fast_2", "demo/fast_3"))
    with pytest.raises(PosemakeError) as raised:
        folder.open()
    assert [line.split(": ")[0] for line in str(raised.value).splitlines()] == [
        "config/videos.tsv, row 2, use",
        "config/videos.tsv, row 4, path",
    ]


def test_folders_of_labels_without_a_row(folder):
    folder.label(0, "fast_l")
    folder.label(1, "of_a_later_round")
    folder.write("labels/round-0/.hidden/file")
    folder.write("labels/round-0/notes.txt")
    with pytest.raises(PosemakeError) as raised:
        folder.open()
    assert str(raised.value) == (
        "labels/round-0/fast_l: has no row in config/videos.tsv; add one (use: train), or move the folder away"
    )


def test_what_the_sheet_says_of_videos(folder):
    folder.write("demo/images/img01.png")
    folder.write("config/videos.tsv", SHEET.replace("demo/slow_1.mp4", "demo/images/img%02d.png"))
    project = folder.open()
    assert project.row("fast_1", "subject", "fps") == {"subject": "m2", "fps": None}
    rows = project.rows_of(["slow_1", "fast_1"], "group")
    assert list(rows.items()) == [("fast_1", {"group": "fast"}), ("slow_1", {"group": "slow"})]
    assert project.video_path("slow_1") == "demo/images" and project.video_path("fast_1") == "demo/fast_1.mp4"
    assert project.reading_options("slow_1") == {"pattern": "img%02d.png", "downscale": None, "deinterlace": None}
    assert project.reading_options("fast_1")["pattern"] is None


def test_frames_and_pixels_of_the_prediction(folder):
    header, *rows = SHEET.splitlines()
    folder.write("config/videos.tsv", "\n".join([f"{header}\tstart\tcrop", *(f"{row}\t4\t0,9,0,8" for row in rows)]))
    assert folder.open().analysed_range("fast_2") == {"start": 4, "stop": None, "crop": (0, 9, 0, 8)}
    assert folder.open(predict={"crop": "none"}).analysed_range("fast_2")["crop"] is None
    assert folder.open().dynamic_crop is None
    assert folder.open(predict={"crop": "dynamic", "dynamic_crop": {"every": 7}}).dynamic_crop["every"] == 7


def test_settings_are_filled_with_their_defaults(folder):
    project = folder.open(split={"block": 4})
    assert project.settings("split") == {"unit": "block", "block": 4, "validation": 0.15, "test": 0.15, "seed": 1}
    assert project.settings("split", "block", "seed") == {"block": 4, "seed": 1}
    assert project.model("small", "seed") == {"seed": 7}
    assert project.model("small")["augment"]["probability"]["flip"] == 0


def test_a_number_of_frames_concerns_the_videos_of_its_group(folder):
    before, after = folder.open(), folder.open(frames={"per_group": {"slow": 3}})
    assert before.frames_settings("fast_1") == after.frames_settings("fast_1")
    assert after.frames_settings("slow_1")["per_video"] == 3


def test_the_choice_of_frames_looks_at_their_list_only_where_it_is_manual(folder):
    assert folder.open().selection_columns == ["start", "stop", "roi"]
    header, *rows = SHEET.splitlines()
    folder.write("config/videos.tsv", "\n".join([f"{header}\tframes", *(f"{row}\t1,2" for row in rows)]))
    assert folder.open(frames={"method": "manual"}).selection_columns == ["start", "stop", "roi", "frames"]


def test_files_of_weights(folder):
    folder.write("start.pt")
    models = {"small": {"weights": "start.pt"}, "other": {"weights": "imagenet", "backbone": "resnet18"}}
    project = folder.open(models=models, frames={"features": "resnet50", "weights": "start.pt"})
    assert [project.starting_weights(model) for model in models] == [["start.pt"], []]
    assert project.embedding_weights == ["start.pt"] and project.provided_files == ["start.pt"] * 2
    assert folder.open(frames={"weights": "nowhere.pth"}).embedding_weights == []


def test_the_subject_counts_where_the_split_asks_for_it(folder):
    assert folder.open().split_subjects == {}
    assert list(folder.open(split={"unit": "subject"}).split_subjects.items()) == [("fast_1", "m2"), ("slow_1", "m1")]


def test_which_models_are_applied_and_choose_frames(folder):
    assert folder.open().applied_models == folder.open().refining_models == ["small"]
    applied = folder.open(predict={"models": ["other", "small"]})
    assert applied.applied_models == ["other", "small"] and applied.refining_models == ["other"]
    assert folder.open(refine={"models": ["small", "other"]}).refining_models == ["small", "other"]


def test_further_trainings(folder):
    assert folder.open().repeated_models == []
    project = folder.open(repeats={"seeds": 2, "folds": 2, "label_fractions": [0.5, 0.25]})
    assert project.repeats("small") == ["seed-8", "seed-9", "fold-1-of-2", "fold-2-of-2", "labels-0.5", "labels-0.25"]
    assert project.repeats("small", "fold") == ["fold-1-of-2", "fold-2-of-2"]
    assert project.repeated_models == ["small"] and project.repeats("other") == []
    assert project.repeated_model("small", "seed-9")["seed"] == 9 and project.repeated_model("small", "fold-1-of-2")["seed"] == 7
    assert project.compares_repeats("0", "small") and not project.compares_repeats("0", "other")
    assert not folder.open(active_round=1, repeats={"seeds": 1}).compares_repeats("0", "small")
    assert folder.open(repeats={"seeds": 1, "models": ["other"]}).repeated_models == ["other"]


def test_videos_that_several_jobs_share(folder):
    project = folder.open()
    assert project.divided_videos == ["fast_2"] and project.part_count("fast_2") == 3 and project.part_count("slow_1") == 1
    assert folder.open(predict={"parts": 2}).divided_videos == ["slow_1", "fast_1", "fast_2"]
    assert folder.open(predict={"parts": 2}).part_count("fast_2") == 3


def test_labels_of_later_rounds_change_nothing_in_a_round(folder):
    for number, video in ((0, "slow_1"), (0, "fast_1"), (1, "slow_1"), (2, "slow_1")):
        folder.label(number, video)
        folder.write(f"labels/round-{number}/{video}/CollectedData_ann.decisions.json")
        folder.write(f"labels/round-{number}/{video}/CollectedData_ann.part.csv")
        folder.write(f"labels/round-{number}/{video}/img0001.png")
    project = folder.open(active_round=1)
    first = ["labels/round-0/slow_1/CollectedData_ann", "labels/round-0/fast_1/CollectedData_ann"]
    second = [first[0], "labels/round-1/slow_1/CollectedData_ann", first[1]]
    assert project.labels("0") == [f"{path}.csv" for path in first]
    assert project.labels("1") == project.labels("2") == [f"{path}.csv" for path in second]
    assert project.decisions(0) == [f"{path}.decisions.json" for path in first]
    assert project.labelled_videos(0) == ["slow_1", "fast_1"]
    assert project.provided_files == project.labels(1) + project.decisions(1)


def test_labels_of_analysed_videos_do_not_count(folder):
    folder.label(0, "fast_2")
    assert folder.open().labels(0) == []


def test_two_people_who_labelled_the_same_video(folder):
    folder.label(0, "slow_1")
    folder.label(0, "slow_1", ending="h5")
    folder.label(0, "fast_1", scorer="ben")
    assert not folder.open().has_several_scorers
    folder.label(0, "fast_1")
    project = folder.open()
    assert project.has_several_scorers and project.compares_scorers("0") and not project.compares_scorers("1")


def test_chosen_frames_stay_once_someone_labels_them(folder):
    folder.label(0, "slow_1")
    folder.label(1, "slow_1")
    project = folder.open(active_round=2)
    assert project.unsettled_videos(1) == ["fast_1"] and project.unsettled_videos(2) == ["slow_1", "fast_1"]
    first = [f"results/frames/round-0/{video}/frames.csv" for video in ("slow_1", "fast_1")]
    assert project.frames_to_collect("0") == first
    assert project.frames_to_collect("1") == [*first, "results/frames/round-1/fast_1/frames.csv"]
    assert project.settled_frames("1") == []
    folder.write("results/frames/round-1/slow_1/frames.csv")
    assert project.settled_frames("1") == ["results/frames/round-1/slow_1/frames.csv"] and project.settled_frames("0") == []


def test_a_person_may_choose_all_frames_of_later_rounds(folder):
    assert folder.open(active_round=1, refine={"per_video": 0}).unsettled_videos(1) == []


def test_evaluations_of_earlier_rounds(folder):
    for path in ("round-0/small/errors.csv", "round-1/other/errors.csv", "round-2/small/errors.csv"):
        folder.write(f"results/models/{path}", path)
    folder.write("results/labels/round-0/split.csv")
    earlier = folder.open(active_round=2).earlier_evaluations()
    assert earlier["errors"] == ["results/models/round-0/small/errors.csv"]
    assert earlier["splits"] == ["results/labels/round-0/split.csv"] and len(earlier["digests"]) == 2
    folder.write("results/models/round-0/small/errors.csv", "another")
    assert folder.open(active_round=2).earlier_evaluations()["digests"] != earlier["digests"]


def test_digests_do_not_depend_on_the_order(folder):
    one, two = str(folder.label(0, "slow_1")), str(folder.label(0, "fast_1"))
    assert list(content_digests([one, two]).items()) == list(content_digests([two, one]).items())


def test_the_signature_of_a_file_that_was_replaced(folder):
    path = folder.write("a.mp4", "first")
    before = signature(str(path))
    path.write_text("other")
    assert signature(str(path)) != before and before[:2] == [5, 1]


def test_alternatives_match_these_ids_only():
    assert re.fullmatch(alternatives(["a.b", "c"]), "a.b") and not re.fullmatch(alternatives(["a.b", "c"]), "axb")
    assert not re.match(alternatives([]), "") and not re.match(alternatives([]), "a")


def test_a_folder_without_a_project(folder):
    project, refusal = find_project({}, "config/config.yaml")
    assert project is None and refusal.startswith(f"there is no config/config.yaml in {folder.path}") and "new_project" in refusal
    # what new_project is given
    assert find_project({"videos": "*.mp4", "keypoints": "a,b"}, "config/config.yaml")[0] is None
    assert not has_keys("config/config.yaml")


def test_a_config_from_the_command_line_alone(folder):
    project, refusal = find_project(VALUES, "config/config.yaml")
    assert refusal == "" and project.round == 0
    assert find_project({**VALUES, "rond": 1}, "config/config.yaml")[1].startswith("the given config, rond: there is no such key")
    folder.write("config/config.yaml", yaml.safe_dump(VALUES))
    assert find_project({**VALUES, "rond": 1}, "config/config.yaml")[1].startswith(
        "config/config.yaml with what the command line gives, rond: there is no such key"
    )


def test_a_config_that_is_wrong(folder):
    path = str(folder.write("config/config.yaml", yaml.safe_dump({**VALUES, "rond": 1})))
    assert has_keys(path)
    assert find_project({**VALUES, "rond": 1}, "config/config.yaml")[1].startswith(
        "config/config.yaml, rond: there is no such key"
    )
    folder.write("config/config.yaml", "render: {trail: 3\n")
    assert not has_keys(path) and "config/config.yaml, line" in find_project({}, "config/config.yaml")[1]
    folder.write("config/config.yaml", "")
    assert not has_keys(path) and "has no keys" in find_project({}, "config/config.yaml")[1]


def test_what_names_a_file_that_is_not_there(folder):
    (folder.path / "demo/fast_2.mp4").unlink()
    (folder.path / "demo/fast_2.mp4").symlink_to("/mnt/disk/fast_2.mp4")
    with pytest.raises(PosemakeError, match=r"it is a link to '/mnt/disk/fast_2\.mp4', which is not there"):
        open_project(VALUES, "config/config.yaml")


def test_keypoints_are_those_that_the_file_has(folder):
    """Snakemake reads `no` as false and 1_2 as 12."""
    path = folder.write("config/config.yaml", "keypoints: [no, 1_2, tail]\nskeleton: [[1_2, no], ]\nmodels: {a: {}}\n")
    project, why = find_project(yaml.safe_load(path.read_text()), "config/config.yaml")
    assert why == "" and project.config.keypoints == ("no", "1_2", "tail") and project.config.skeleton == (("1_2", "no"),)


@pytest.mark.parametrize("name", ["on", "12", "2021-05-03", "1.5"])
def test_other_names_that_yaml_takes_for_something_else_are_to_be_quoted(folder, name):
    path = folder.write(
        "config/config.yaml", f"keypoints: [a, b]\nskeleton: []\nmodels: {{a: {{}}}}\npredict: {{models: [{name}]}}\n"
    )
    project, why = find_project(yaml.safe_load(path.read_text()), "config/config.yaml")
    assert project is None and why.startswith("config/config.yaml, predict.models[0]: ") and "put it in quotation marks" in why
