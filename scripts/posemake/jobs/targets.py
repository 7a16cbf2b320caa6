"""Targets of a run without targets on the command line: outputs of rules, for values of their wildcards.

Every output is a target, also those between: after a job has failed, Snakemake forgets that what follows from its output is
stale, unless that output is asked for too. Files of all videos are targets of their own (`portions`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from posemake.jobs.project import Project

TRAINING = ("train_model", "plot_learning_curve", "plot_augmentation", "evaluate_model", "report_model")
REPEATED_TRAINING = ("split_repeat", "train_repeat", "evaluate_repeat")


@dataclass(frozen=True)
class Target:
    """All outputs of a rule, for each combination of values of its wildcards."""

    rule: str
    wildcards: Mapping[str, Any] = field(default_factory=dict)


def targets_without_labels(project: Project) -> list[Target]:
    """Return what is made before there are labels.

    The labels of the first round are among it, as what they lead to is known only once they are collected.
    """
    chosen = {"round": 0, "video": project.videos_to_label}
    embedding = [] if project.config.frames.features == "thumbnail" else ["embed_frames"]
    return [
        Target("collect_labels", {"round": 0}),
        *(Target(rule, chosen) for rule in [*embedding, "select_frames", "extract_frames", "plot_frames"]),
        *([Target("tabulate_videos"), Target("validate_videos")] if project.present_videos else []),
        *([Target("tabulate_frames")] if project.videos_to_label else []),
    ]


def targets_of_next_round(project: Project, number: int) -> list[Target]:
    """Return what is made to choose the frames of a round after the first; nothing once all of it is settled."""
    before, videos = number - 1, project.unsettled_videos(number)
    if not videos:
        return []
    models = {"round": before, "model": project.refining_models}
    return [
        Target("split_dataset", {"round": before}),
        Target("train_model", models),
        Target("export_model", models),
        Target("predict_poses", {**models, "video": project.videos_to_label}),
        Target("find_outliers", {"round": before, "video": project.videos_to_label}),
        Target("choose_outliers", {"round": before}),
        Target("take_outliers", {"round": number, "video": videos}),
        Target("extract_frames", {"round": number, "video": videos}),
    ]


def _targets_of_repeats(project: Project, model: str) -> list[Target]:
    wildcards = {"round": project.round, "model": model}
    repeats = {**wildcards, "repeat": project.repeats(model)}
    return [*(Target(rule, repeats) for rule in REPEATED_TRAINING), Target("compare_repeats", wildcards)]


def targets_with_labels(project: Project) -> list[Target]:
    """Return what is made of the labels of the active round."""
    of_round = {"round": project.round}
    trained = {**of_round, "model": list(project.config.models)}
    applied = {**of_round, "model": project.applied_models}
    analysis = ("export_model", "tabulate_poses", "sample_figures") if project.videos_to_analyse else ()
    return [
        Target("split_dataset", of_round),
        *(Target(rule, trained) for rule in TRAINING),
        *(target for model in project.repeated_models for target in _targets_of_repeats(project, model)),
        *(Target(rule, applied) for rule in analysis),
        *([Target("compare_rounds")] if project.round else []),
        *([Target("compare_scorers")] if project.has_several_scorers else []),
        Target("write_index"),
    ]
