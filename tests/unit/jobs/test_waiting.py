"""What is said of frames that wait for labels."""

from posemake.core.label_state import LabelState, write_label_state
from posemake.jobs.waiting import dry_run_message, must_wait, results_message, waiting_message


def test_nothing_is_trained_before_all_chosen_frames_are_labelled():
    assert must_wait(LabelState(9, 8, {"slow_1": 1}), "complete")
    assert not must_wait(LabelState(9, 9), "complete")


def test_a_partial_training_waits_for_the_first_label_alone():
    assert must_wait(LabelState(9, 0, {"slow_1": 9}), "partial")
    assert not must_wait(LabelState(9, 8, {"slow_1": 1}), "partial")


def write(number, **waiting):
    write_label_state(f"results/labels/round-{number}/state.json", LabelState(9, 4, waiting))


def test_the_message_counts_frames_and_videos(folder):
    for number in range(3):
        (folder.path / f"results/labels/round-{number}").mkdir(parents=True)
    write(0)
    write(1, slow_1=1)
    write(2, **{f"video_{number}": 2 for number in range(10)})
    assert waiting_message(0, "complete") == ""
    assert waiting_message(1, "complete").startswith("posemake waits for labels: 1 frame in 1 video: slow_1 (1). Label them with")
    assert waiting_message(1, "partial").startswith("posemake went on without the labels of frames that wait: 1 frame in 1 video")
    write(1)
    named = ", ".join(f"video_{number} (2)" for number in range(8))
    assert f": 20 frames in 10 videos: {named} and 2 more. Label them" in waiting_message(2, "complete")


def test_nothing_is_said_before_labels_were_counted(folder):
    assert waiting_message(3, "complete") == ""


def test_a_dry_run_says_what_follows_once_there_are_labels(folder):
    assert dry_run_message(0, "complete").startswith("These are the jobs up to the labels of round 0. The training")
    for number in range(2):
        (folder.path / f"results/labels/round-{number}").mkdir(parents=True)
    write(0)
    assert dry_run_message(0, "complete") == ""
    assert dry_run_message(1, "complete").startswith("These are the jobs up to the labels of round 1.")
    write(1, slow_1=1)
    assert dry_run_message(1, "partial") == ""


def test_a_finished_run_says_what_to_open(folder):
    folder.write("results/index.html")
    assert results_message(0, "complete", ["small"]) == ""
    (folder.path / "results/labels/round-0").mkdir(parents=True)
    write(0, slow_1=1)
    assert results_message(0, "complete", ["small"]) == ""
    write(0)
    assert results_message(0, "complete", ["small"]) == "posemake is done: open results/index.html"
    for model in ("small", "other"):
        folder.write(f"results/poses/round-0/{model}/slow_1/labelled.mp4")
    assert results_message(0, "complete", ["small", "other"]) == (
        "posemake is done: open results/index.html; the labelled videos are results/poses/round-0/small/*/labelled.mp4, "
        "results/poses/round-0/other/*/labelled.mp4"
    )
    (folder.path / "results/index.html").unlink()
    assert results_message(0, "complete", ["small"]) == ""
