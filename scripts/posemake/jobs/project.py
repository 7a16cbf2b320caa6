"""A project: which videos, labels, rounds and models a run is about, and what the rules are told of them.

Paths are relative to the project's folder, which is the current one.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from posemake.config.settings import Config
from posemake.config.typed_names import with_typed_names
from posemake.config.validation import check_config, raise_faults
from posemake.config.video_sheet import VideoRow, check_frames, frames_of_video, read_videos
from posemake.core.digests import file_digest, measure_source, sample_digest
from posemake.core.errors import PosemakeError
from posemake.core.image_patterns import is_image_pattern, watched_path
from posemake.core.yaml_files import read_yaml
from posemake.jobs.label_listing import DECISION_FILE, LabelFile, list_label_files, list_label_folders
from posemake.jobs.near_files import find_near_file, first_missing_folder

MAX_HINTS = 20  # missing videos for which the files that may be meant are looked for
BUILT_IN_WEIGHTS = ("none", "imagenet")  # values of `weights` that are no file


@dataclass(frozen=True)
class Project:
    """A project whose config and sheet of videos have no faults.

    Parameters
    ----------
    config
        All settings.
    rows
        Rows of the sheet, by the id of the video.
    """

    config: Config
    rows: Mapping[str, VideoRow]

    # videos

    @cached_property
    def present_videos(self) -> list[str]:
        """Videos whose file is here. The folder of labels is complete in itself, so the file of a labelled video may be gone."""
        return [video for video, row in self.rows.items() if row.path and os.path.exists(watched_path(row.path))]

    @cached_property
    def videos_to_label(self) -> list[str]:
        """Videos of which frames are chosen."""
        return [video for video in self.present_videos if self.rows[video].use != "analyse"]

    @cached_property
    def videos_to_analyse(self) -> list[str]:
        """Videos of which poses are predicted."""
        return [video for video in self.present_videos if self.rows[video].use != "train"]

    @cached_property
    def training_videos(self) -> list[str]:
        """Videos whose labels count, whether or not their files are here."""
        return [video for video, row in self.rows.items() if row.use != "analyse"]

    def row(self, video: str, *columns: str) -> dict[str, Any]:
        """Return some columns of the sheet for one video."""
        return {column: getattr(self.rows[video], column) for column in columns}

    def rows_of(self, videos: Iterable[str], *columns: str) -> dict[str, dict[str, Any]]:
        """Return some columns of the sheet for some videos, in an order that that of the sheet does not change."""
        return {video: self.row(video, *columns) for video in sorted(videos)}

    def video_path(self, video: str) -> str:
        """Return the file of a video, or the folder of its images."""
        path = self.rows[video].path
        assert path is not None, f"{video} has no path"
        return str(watched_path(path))

    def reading_options(self, video: str) -> dict[str, Any]:
        """Return what the sheet says about how the file of a video is read."""
        path = self.rows[video].path
        pattern = os.path.basename(path) if path and is_image_pattern(path) else None
        return {"pattern": pattern, **self.row(video, "downscale", "deinterlace")}

    def analysed_range(self, video: str) -> dict[str, Any]:
        """Return the frames and the crop of a video in which poses are predicted."""
        columns = self.row(video, "start", "stop", "crop")
        return columns | ({"crop": None} if self.config.predict.crop == "none" else {})

    @property
    def dynamic_crop(self) -> dict[str, Any] | None:
        """Settings of the window that goes with the animal, if the crop is dynamic."""
        predict = self.config.predict
        return predict.dynamic_crop.model_dump() if predict.crop == "dynamic" else None

    # settings

    def settings(self, section: str, *keys: str) -> dict[str, Any]:
        """Return a section of the config with its defaults, or some of its keys.

        A dict is one value to Snakemake, which compares the values of params without their names.
        """
        return getattr(self.config, section).model_dump(include=set(keys) or None)

    def model(self, name: str, *keys: str) -> dict[str, Any]:
        """Return the settings of a model, or some of them."""
        return self.config.models[name].model_dump(include=set(keys) or None)

    def frames_settings(self, video: str) -> dict[str, Any]:
        """Return the settings for choosing frames of one video."""
        return frames_of_video(self.config.frames, self.rows[video])

    def starting_weights(self, model: str) -> list[str]:
        """Return the file of weights that the training of a model starts from; none if it starts without one."""
        weights = self.config.models[model].weights
        return [] if weights in BUILT_IN_WEIGHTS else [weights]

    @property
    def embedding_weights(self) -> list[str]:
        """The file of weights of the network whose features frames are compared by; none if it needs none."""
        frames = self.config.frames
        return [] if frames.features == "thumbnail" or frames.weights in BUILT_IN_WEIGHTS else [frames.weights]

    @property
    def selection_columns(self) -> list[str]:
        """Columns of the sheet that the choice of frames depends on."""
        return ["start", "stop", "roi", *(["frames"] if self.config.frames.method == "manual" else [])]

    @property
    def split_subjects(self) -> dict[str, str | None]:
        """The animal of each video whose labels count, if the split asks for it."""
        by_subject = self.config.split.unit == "subject"
        return {video: self.rows[video].subject for video in sorted(self.training_videos)} if by_subject else {}

    # models

    @cached_property
    def applied_models(self) -> list[str]:
        """Models that predict poses."""
        return list(self.config.predict.models) or list(self.config.models)[:1]

    @cached_property
    def refining_models(self) -> list[str]:
        """Models whose poses tell which frames are labelled in the next round."""
        return list(self.config.refine.models) or self.applied_models[:1]

    def repeats(self, model: str, kind: str = "") -> list[str]:
        """Return the names of the further trainings of a model.

        Parameters
        ----------
        model
            Name of the model.
        kind
            ``seed``, ``fold`` or ``labels``; empty for all.
        """
        settings = self.config.repeats
        if model not in (settings.models or self.applied_models[:1]):
            return []
        seed, folds = self.config.models[model].seed, settings.folds
        names = [f"seed-{seed + number}" for number in range(1, settings.seeds + 1)]
        names += [f"fold-{number}-of-{folds}" for number in range(1, folds + 1)]
        names += [f"labels-{fraction:g}" for fraction in settings.label_fractions]
        return [name for name in names if name.startswith(kind)]

    @property
    def repeated_models(self) -> list[str]:
        """Models that have further trainings."""
        return [model for model in self.config.models if self.repeats(model)]

    def repeated_model(self, model: str, repeat: str) -> dict[str, Any]:
        """Return the settings of a model for one of its further trainings; the seed is another one if it is what is varied."""
        kind, number, *_ = repeat.split("-")
        return self.model(model) | ({"seed": int(number)} if kind == "seed" else {})

    def compares_repeats(self, number: int | str, model: str) -> bool:
        """Return whether the page of a model shows its further trainings: those of the active round are compared."""
        return int(number) == self.round and bool(self.repeats(model))

    # parts of videos

    def part_count(self, video: str) -> int:
        """Return the number of jobs that share the prediction of a video."""
        return self.rows[video].parts or self.config.predict.parts

    @cached_property
    def divided_videos(self) -> list[str]:
        """Videos that several jobs share."""
        return [video for video in self.present_videos if self.part_count(video) > 1]

    # rounds of labelling

    @property
    def round(self) -> int:
        """The round that models are trained for."""
        return self.config.active_round

    @cached_property
    def label_files(self) -> list[LabelFile]:
        """Label files of the rounds up to the active one."""
        return list_label_files(self.training_videos, self.round)

    @cached_property
    def decision_files(self) -> list[LabelFile]:
        """Files that say which keypoints are decided, beside those of the labels."""
        return list_label_files(self.training_videos, self.round, DECISION_FILE)

    def labels(self, last_round: int | str) -> list[str]:
        """Return the label files of the rounds up to one: labels of later rounds change nothing in it."""
        return [file.path for file in self.label_files if file.round <= int(last_round)]

    def decisions(self, last_round: int | str) -> list[str]:
        """Return the files of decisions of the rounds up to one."""
        return [file.path for file in self.decision_files if file.round <= int(last_round)]

    def labelled_videos(self, last_round: int | str) -> list[str]:
        """Return the videos that are labelled in the rounds up to one."""
        labelled = {file.video for file in self.label_files if file.round <= int(last_round)}
        return [video for video in self.rows if video in labelled]

    @cached_property
    def has_several_scorers(self) -> bool:
        """Whether two people labelled the same video in the same round."""
        stems = {file.path.rpartition(".")[0] for file in self.label_files}
        return len({os.path.dirname(stem) for stem in stems}) < len(stems)

    def compares_scorers(self, number: int | str) -> bool:
        """Return whether the pages of a round show how far apart people label: they are compared in the active round."""
        return int(number) == self.round and self.has_several_scorers

    def is_settled(self, number: int, video: str) -> bool:
        """Return whether someone has begun to label the frames of a video that were chosen for a round.

        Then they stay as they are: to choose again, as after a change of the model, would waste this work and the trainings of
        all rounds before.
        """
        return (number, video) in self._labelled

    @cached_property
    def _labelled(self) -> set[tuple[int, str]]:
        """Rounds and videos that have label files."""
        return {(file.round, file.video) for file in self.label_files}

    def unsettled_videos(self, number: int) -> list[str]:
        """Return the videos whose frames of a later round can still be chosen; none if a person chooses all of them."""
        chosen = self.config.refine.per_video > 0
        return [video for video in self.videos_to_label if chosen and not self.is_settled(number, video)]

    def frames_to_collect(self, last_round: int | str) -> list[str]:
        """Return the lists of chosen frames in the rounds up to one, but for settled ones, which are no inputs of a job."""
        later = range(1, int(last_round) + 1)
        return [f"results/frames/round-0/{video}/frames.csv" for video in self.videos_to_label] + [
            f"results/frames/round-{number}/{video}/frames.csv" for number in later for video in self.unsettled_videos(number)
        ]

    def settled_frames(self, last_round: int | str) -> list[str]:
        """Return the lists of chosen frames that are settled in the rounds up to one, as far as there are any.

        They are no inputs of a job, so that nothing makes them anew.
        """
        pairs = [(number, video) for number in range(1, int(last_round) + 1) for video in self.videos_to_label]
        paths = [f"results/frames/round-{number}/{video}/frames.csv" for number, video in pairs if self.is_settled(number, video)]
        return list(filter(os.path.exists, paths))

    def earlier_evaluations(self) -> dict[str, list[str]]:
        """Return what the evaluations of earlier rounds left.

        They are history and no inputs of a job, so that nothing makes them anew, as after a change of the model.
        """
        errors, splits = [], []
        for number in range(self.round):
            split = f"results/labels/round-{number}/split.csv"
            paths = [f"results/models/round-{number}/{model}/errors.csv" for model in self.config.models]
            if os.path.exists(split) and (found := list(filter(os.path.exists, paths))):
                errors += found
                splits.append(split)
        return {"errors": errors, "splits": splits, "digests": [file_digest(path) for path in errors + splits]}

    # files that a person provides

    @property
    def provided_files(self) -> list[str]:
        """Files of labels and of weights; those of videos are in the sheet."""
        weights = [path for model in self.config.models for path in self.starting_weights(model)]
        return [*self.labels(self.round), *self.decisions(self.round), *self.embedding_weights, *weights]


def content_digests(paths: Iterable[str]) -> dict[str, str]:
    """Return the digests of small files, in an order that does not depend on theirs.

    As params they tell what the times of files do not, if the files come from a backup or another computer.
    """
    return {path: file_digest(path) for path in sorted(paths)}


def signature(path: str) -> list[Any]:
    """Return size, number of files and a digest of samples of a large file or a folder.

    It tells a file that was replaced by one that is older than the results.
    """
    return [*measure_source(path), sample_digest(path)]


def _hint_at_missing_video(video: str, path: str, used: Iterable[str], labelled: bool) -> str:
    """Return what to do about a video whose file is not there.

    Parameters
    ----------
    video
        Its id.
    path
        Its path in the sheet.
    used
        Paths of the videos in the sheet.
    labelled
        Whether there are labels of it.
    """
    if os.path.islink(path):
        hint = f"it is a link to {os.readlink(path)!r}, which is not there"
    elif near := find_near_file(path, used):
        hint = f"did you mean {near!r}?"
    elif missing := first_missing_folder(path):
        hint = f"the folder {missing!r} is not there either; mount its disk, or correct the path"
    else:
        hint = "" if labelled else "correct the path, or remove the row"
    train = f"{video!r} has labels, which are used without the video if its use is train" if labelled else ""
    return "".join(f"; {part}" for part in (hint, train) if part)


def _find_missing_videos(project: Project, sheet: str) -> list[str]:
    """Say which videos of the sheet are neither here nor labelled."""
    faults = []
    labelled = {file.video for file in list_label_files(project.rows, project.round)}
    used = [row.path for row in project.rows.values() if row.path]
    for video, row in project.rows.items():
        place = f"{sheet}, row {row.row}, path"
        if row.use == "train" and video in labelled:
            continue
        if row.path is None:
            faults.append(f"{place}: {video!r} has no path, and no labels without a video")
        elif not os.path.exists(watched_path(row.path)):
            hint = _hint_at_missing_video(video, row.path, used, video in labelled) if len(faults) < MAX_HINTS else ""
            faults.append(f"{place}: there is no file {row.path!r} for the video {video!r}{hint}")
    return faults


def _find_stray_folders(project: Project, sheet: str) -> list[str]:
    """Say which folders of labels belong to no video of the sheet."""
    return [
        f"{folder}: has no row in {sheet}; add one (use: train), or move the folder away"
        for folder in list_label_folders(project.round)
        if os.path.isdir(folder) and os.path.basename(folder) not in project.rows
    ]


def open_project(values: Mapping[str, Any], config_name: str) -> Project:
    """Check the config and the sheet of videos of the project in this folder.

    Parameters
    ----------
    values
        The config.
    config_name
        Name of the config in messages.

    Raises
    ------
    PosemakeError
        With a line for each fault.
    """
    config, faults = check_config(values)
    raise_faults([f"{config_name}, {fault}" for fault in faults])
    assert config is not None
    rows, faults = read_videos(config.videos)
    project = Project(config, rows)
    faults += check_frames(config.frames, rows, config_name, config.videos)
    raise_faults(faults + _find_missing_videos(project, config.videos))
    raise_faults(_find_stray_folders(project, config.videos))
    return project


def has_keys(config_file: str) -> bool:
    """Return whether a config file is there and is YAML with keys.

    Snakemake's own message would not say where it is not.
    """
    try:
        return isinstance(read_yaml(config_file), dict)
    except PosemakeError:
        return False


def find_project(values: Mapping[str, Any], config_file: str) -> tuple[Project | None, str]:
    """Return the project in this folder; None, and why not, if there is none.

    Parameters
    ----------
    values
        The config: what the file has, what the command line adds, or what another workflow gives.
    config_file
        The file, which need not exist if another one is given on the command line.
    """
    if not os.path.exists(config_file) and "models" not in values:
        return None, (
            f"there is no {config_file} in {os.getcwd()}; go to a project's folder, or make this one a project with the target "
            "new_project or import_deeplabcut (README.md)"
        )
    try:
        written = read_yaml(config_file) if os.path.exists(config_file) else {}
        if not isinstance(written, dict):
            raise PosemakeError(f"{config_file}: has no keys; see config/README.md")
        with_options = f"{config_file} with what the command line gives" if "models" in written else "the given config"
        name = config_file if values == written else with_options
        return open_project(with_typed_names(values, config_file, written), name), ""
    except PosemakeError as error:
        return None, str(error)


def alternatives(videos: Iterable[str]) -> str:
    """Return a regular expression that matches the ids of some videos, and nothing if there are none."""
    return "|".join(map(re.escape, videos)) or "(?!)"
