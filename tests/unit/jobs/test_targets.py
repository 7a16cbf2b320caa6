"""What a run makes by default."""

from posemake.jobs.targets import targets_of_next_round, targets_with_labels, targets_without_labels


def by_rule(targets):
    return {target.rule: dict(target.wildcards) for target in targets}


def test_before_there_are_labels(folder):
    found = by_rule(targets_without_labels(folder.open()))
    chosen = {"round": 0, "video": ["slow_1", "fast_1"]}
    assert found == {
        "collect_labels": {"round": 0},
        **dict.fromkeys(("select_frames", "extract_frames", "plot_frames"), chosen),
        "tabulate_videos": {},
        "validate_videos": {},
        "tabulate_frames": {},
    }
    assert by_rule(targets_without_labels(folder.open(frames={"features": "mobilenet_v2"})))["embed_frames"] == chosen


def test_with_labels_alone(folder):
    """All videos are gone, and labels are enough."""
    header = "video\tpath\tuse\n"
    folder.write("config/videos.tsv", header + "slow_1\tdemo/slow_1.mp4\ttrain\n")
    (folder.path / "demo/slow_1.mp4").unlink()
    folder.label(0, "slow_1")
    project = folder.open()
    before = by_rule(targets_without_labels(project))
    assert not {"tabulate_videos", "validate_videos", "tabulate_frames"} & before.keys() and before["plot_frames"]["video"] == []
    found = by_rule(targets_with_labels(project))
    assert "train_model" in found and not {"export_model", "tabulate_poses", "sample_figures"} & found.keys()


def test_what_follows_from_labels(folder):
    found = by_rule(targets_with_labels(folder.open(predict={"models": ["other"]})))
    trained, applied = {"round": 0, "model": ["small", "other"]}, {"round": 0, "model": ["other"]}
    models = ("train_model", "plot_learning_curve", "plot_augmentation", "evaluate_model", "report_model")
    assert found == {
        "split_dataset": {"round": 0},
        **dict.fromkeys(models, trained),
        **dict.fromkeys(("export_model", "tabulate_poses", "sample_figures"), applied),
        "write_index": {},
    }


def test_further_trainings(folder):
    found = by_rule(targets_with_labels(folder.open(repeats={"seeds": 1})))
    repeats = {"round": 0, "model": "small", "repeat": ["seed-8"]}
    assert [found[rule] for rule in ("split_repeat", "train_repeat", "evaluate_repeat")] == [repeats] * 3
    assert found["compare_repeats"] == {"round": 0, "model": "small"}


def test_two_people_and_two_rounds_are_compared(folder):
    for scorer in ("ann", "ben"):
        folder.label(0, "slow_1", scorer)
    assert "compare_scorers" in by_rule(targets_with_labels(folder.open()))
    found = by_rule(targets_with_labels(folder.open(active_round=1)))
    assert "compare_rounds" in found and found["train_model"]["round"] == 1


def test_the_frames_of_the_next_round(folder):
    folder.label(0, "slow_1")
    folder.label(1, "slow_1")
    found = by_rule(targets_of_next_round(folder.open(active_round=1), 1))
    before = {"round": 0, "model": ["small"]}
    assert found == {
        "split_dataset": {"round": 0},
        "train_model": before,
        "export_model": before,
        "predict_poses": {**before, "video": ["slow_1", "fast_1"]},
        "find_outliers": {"round": 0, "video": ["slow_1", "fast_1"]},
        "choose_outliers": {"round": 0},
        "take_outliers": {"round": 1, "video": ["fast_1"]},
        "extract_frames": {"round": 1, "video": ["fast_1"]},
    }


def test_nothing_is_made_for_a_round_whose_frames_are_settled(folder):
    for video in ("slow_1", "fast_1"):
        folder.label(1, video)
    assert targets_of_next_round(folder.open(active_round=1), 1) == []
