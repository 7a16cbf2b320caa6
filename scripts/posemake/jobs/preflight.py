"""Checks of a project's folder before a run."""

import os
import re
import shlex
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from posemake.core.file_endings import VIDEO_ENDINGS
from posemake.core.machine_errors import describe_disk
from posemake.core.plural import count_noun
from posemake.jobs.input_checks import current_time, describe_broken_links, future_files
from posemake.jobs.label_listing import list_label_folders
from posemake.jobs.packages import missing_packages
from posemake.jobs.project import Project

PROJECT_MAKERS = {"new_project", "import_deeplabcut"}  # targets that make a folder a project
DATE_ANEW = "run `snakemake --touch --forceall`, which makes nothing"


def find_full_disks() -> list[str]:
    """Say which disks take nothing more: Snakemake would end with a traceback when it writes its first note."""
    folders = filter(os.path.isdir, (".", ".snakemake", "logs", "results"))
    found = (describe_disk(folder, "this project" if folder == "." else folder) for folder in folders)
    return [sentence for sentence in found if sentence]


def find_unusable_names(paths: Iterable[str]) -> list[str]:
    """Say which names of files Snakemake would take for patterns of its own."""
    return [
        f"{path!r}: has {{, }} or a line break in its name, which Snakemake takes for its own; rename the file"
        for path in paths
        if re.search(r"[{}\n\r]", path)
    ]


def find_broken_links(project: Project) -> list[str]:
    """Say which links lead to a disk that is not there: results would be made again, and labels be missing unnoticed."""
    rounds = [f"labels/round-{number}" for number in range(project.round + 1)]
    folders = ["results", "labels", *rounds, *list_label_folders(project.round)]
    return describe_broken_links([*folders, *project.labels(project.round), *project.decisions(project.round)])


def find_lost_records(project: Project) -> list[str]:
    """Say whether Snakemake does not know how results were made: it would take them for up to date whatever changes."""
    has_results = any(os.path.exists(f"results/videos/{video}/video.json") for video in project.present_videos)
    # jobs that ran when Snakemake was killed have a record in `incomplete`
    folders = filter(os.path.isdir, (".snakemake/metadata", ".snakemake/incomplete"))
    if not has_results or any(map(os.listdir, folders)) or os.path.exists(".snakemake/metadata.db"):
        return []
    return [
        ".snakemake: the records of how results were made are gone, so that no change would be noticed; copy this folder as "
        f"well, or, if nothing was changed since, {DATE_ANEW} and records all anew; `--forceall` alone makes all anew"
    ]


def find_future_dates(project: Project, results_too: bool = True) -> list[str]:
    """Say which files are dated later than now: what is made of them would be older, which Snakemake refuses.

    Parameters
    ----------
    project
        The project in this folder.
    results_too
        Look at results too, not only at what a person provides.
    """
    provided = [project.video_path(video) for video in project.present_videos]
    provided += [*project.labels(project.round), *project.decisions(project.round)]
    results = [f"results/videos/{video}/video.json" for video in project.present_videos] + ["results/index.html"]
    now = current_time(".")
    cures = {"run `touch` on it": provided, f"{DATE_ANEW} and dates all results anew": results if results_too else []}
    return [
        f"{path}: is dated {time.strftime('%Y-%m-%d %H:%M', time.localtime(changed))}, which is in the future; "
        f"if this computer's clock is right, {cure}"
        for cure, paths in cures.items()
        for path, changed in future_files(paths, now)
    ]


def find_no_training(project: Project) -> list[str]:
    """Say whether no video is labelled, so that there is nothing to train a model with."""
    if project.training_videos:
        return []
    return [
        f"{project.config.videos}: all videos have the use analyse, so there are no labels to train a model with; set the use of "
        "some to both or train"
    ]


def find_videos_among_targets(targets: Iterable[str]) -> list[str]:
    """Say that videos are no targets: a shell puts the names of files in place of a pattern, if there are no quotation marks."""
    videos = sorted(path for path in targets if path.lower().endswith(VIDEO_ENDINGS) and not path.startswith("results/"))
    if not videos:
        return []
    names = videos[0] + (f" and {count_noun(len(videos) - 1, 'more file')}" if videos[1:] else "")
    pattern = shlex.quote(os.path.join(os.path.dirname(videos[0]), "*" + os.path.splitext(videos[0])[1]))
    return [
        f"{names}: a video is no target; name videos after --config, a pattern in quotation marks, as in "
        f"`snakemake new_project --config videos={pattern} keypoints=snout,tail`"
    ]


@dataclass(frozen=True)
class RunOptions:
    """Options of a run that decide what is checked before it."""

    targets: frozenset[str] = frozenset()  # of the command line
    dry_run: bool = False
    everything_again: bool = False  # all results are made or dated again, so that neither their times nor their records matter
    own_environments: bool = False  # jobs run in environments of conda or in containers
    records_elsewhere: bool = False  # the records of how results were made are in a database outside the folder


def check_project(project: Project, options: RunOptions) -> list[str]:
    """Say why a run would go wrong in the folder of a project."""
    faults = find_unusable_names(project.provided_files) + find_broken_links(project)
    faults += find_no_training(project) if options.targets <= {"all", "label"} else []  # single videos can be looked at without
    lost = [] if options.everything_again or options.records_elsewhere else find_lost_records(project)
    return faults or lost or find_future_dates(project, results_too=not options.everything_again)


def refuse_run(project: Project | None, why_none: str, options: RunOptions) -> str:
    """Return why a run would go wrong, with a line for each fault; nothing if it can begin.

    Parameters
    ----------
    project
        The project in this folder.
    why_none
        Why there is none.
    options
        Options of the run.
    """
    if faults := find_videos_among_targets(options.targets):
        return faults[0]
    makes_project = bool(options.targets) and options.targets <= PROJECT_MAKERS
    if project is None and not makes_project:
        return why_none
    if not options.own_environments and (missing := missing_packages()):
        return (
            f"{', '.join(missing)}: not installed, or only in part, in {sys.prefix}; "
            f"run `make env` in {Path(__file__).parents[3]}, and use the snakemake of its .venv"
        )
    faults = [] if options.dry_run else find_full_disks()
    if project and not makes_project:
        faults = faults or check_project(project, options)
    return "\n".join(faults)
