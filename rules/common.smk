# What the rules share: the checked config and sheet of videos, and the functions that name inputs. No rules.

import difflib
import os
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from posemake.config import settings
from posemake.config.validation import config_faults, raise_faults
from posemake.config.video_sheet import frames_faults, frames_of_video, read_videos
from posemake.core.digests import file_digest
from posemake.core.errors import PosemakeError
from posemake.core.image_patterns import folder_of, is_pattern
from posemake.core.yaml_files import read_yaml
from posemake.jobs.code_digest import CodeDigests

SCHEMAS = Path(workflow.basedir) / "config" / "schemas"
CONFIG = "config/config.yaml"
# these targets make a folder a project (rules/project.smk); all others work in one
MAKING = not {"new_project", "import_deeplabcut"}.isdisjoint(sys.argv)
HAS_PROJECT = not MAKING and (os.path.exists(CONFIG) or bool(workflow.overwrite_configfiles))

if not (MAKING or HAS_PROJECT):
    raise WorkflowError(
        f"there is no {CONFIG} in {os.getcwd()}; go to a project's folder, or make this one a project with the target "
        "new_project or import_deeplabcut (README.md)"
    )


def checked(function, *arguments):
    """Call, with the package's errors as Snakemake's, which it prints without a traceback."""
    try:
        return function(*arguments)
    except PosemakeError as error:
        raise WorkflowError(str(error)) from None


if HAS_PROJECT and os.path.exists(CONFIG):
    # Snakemake's own message would not say where the YAML is wrong
    checked(read_yaml, CONFIG)

    configfile: CONFIG


if HAS_PROJECT:
    # a key may come from the command line too
    given = workflow.overwrite_configfiles or workflow.config_settings.overwrite_config
    CONFIG_NAME = f"{CONFIG} with what the command line gives" if given else CONFIG
    raise_faults(
        [
            f"{CONFIG_NAME}, {fault}"
            for fault in config_faults(config, read_yaml(SCHEMAS / "config.schema.yaml"))
        ],
        WorkflowError,
    )
    SHEET = config.get("videos", "config/videos.tsv")
    VIDEOS, _faults = read_videos(SHEET, read_yaml(SCHEMAS / "videos.schema.yaml"))
    ROUND = config.get("active_round", 0)
    KEYPOINTS = config["keypoints"]
    SKELETON = config.get("skeleton", [])
    MODELS = {name: settings.plain(settings.Model, values) for name, values in config["models"].items()}
    PREDICTING = config.get("predict", {}).get("models") or list(MODELS)[:1]
    REFINING = config.get("refine", {}).get("models") or PREDICTING[:1]
    CODE_DIGESTS = CodeDigests(".snakemake/posemake-code.json")


def label_files(video, name=r"CollectedData_.+(?<!\.part)\.(csv|h5)"):
    """Label files of a video in all rounds up to the active one, or others beside them."""
    folders = [f"labels/round-{number}/{video}" for number in range(ROUND + 1)]
    return [
        f"{folder}/{file}"
        for folder in filter(os.path.isdir, folders)
        for file in sorted(os.listdir(folder))
        if re.fullmatch(name, file)
    ]


def near_file(path):
    """A hint at the file that may be meant."""
    if os.path.islink(path):
        return f"; it is a link to {os.readlink(path)!r}, which is not there"
    folder, name = os.path.split(path)
    near = difflib.get_close_matches(
        name, os.listdir(folder or ".") if os.path.isdir(folder or ".") else [], 1
    )
    return f"; did you mean {os.path.join(folder, near[0])!r}?" if near else ""


def missing_videos():
    """What the sheet names and is not there."""
    faults = []
    for video, row in VIDEOS.items():
        labelled = row["use"] == "train" and LABEL_FILES[video]
        if row["path"] is None and not labelled:
            faults.append(
                f"{SHEET}, row {row['row']}, path: {video!r} has no path, and no labels without a video"
            )
        elif row["path"] and not os.path.exists(folder_of(row["path"])) and not labelled:
            faults.append(
                f"{SHEET}, row {row['row']}, path: there is no file {row['path']!r} for the video {video!r}{near_file(row['path'])}"
            )
    return faults


def stray_labels():
    """Folders of labels that the sheet does not name."""
    return [
        f"{entry.path}: has no row in {SHEET}; add one (use: train), or move the folder away"
        for number in range(ROUND + 1)
        if os.path.isdir(f"labels/round-{number}")
        for entry in sorted(os.scandir(f"labels/round-{number}"), key=lambda entry: entry.name)
        if entry.is_dir() and entry.name not in VIDEOS and not entry.name.startswith(".")
    ]


if HAS_PROJECT:
    LABEL_FILES = {video: label_files(video) for video, row in VIDEOS.items() if row["use"] != "analyse"}
    LABELS = [path for paths in LABEL_FILES.values() for path in paths]
    DECISIONS = [
        path for video in LABEL_FILES for path in label_files(video, r"CollectedData_.+\.decisions\.json")
    ]
    FRAMES = settings.plain(settings.Frames, config.get("frames"))
    _faults += frames_faults(FRAMES, VIDEOS, CONFIG_NAME, SHEET)
    raise_faults(_faults + missing_videos() or stray_labels(), WorkflowError)
    # a label folder is complete in itself: its video may be gone
    HERE = [video for video, row in VIDEOS.items() if row["path"] and os.path.exists(folder_of(row["path"]))]
    TO_LABEL = [video for video in HERE if VIDEOS[video]["use"] != "analyse"]
    TO_ANALYSE = [video for video in HERE if VIDEOS[video]["use"] != "train"]

    wildcard_constraints:
        video="[A-Za-z0-9][A-Za-z0-9_.-]*",
        model="[A-Za-z0-9][A-Za-z0-9_-]*",
        round=r"\d+",


def code(script):
    """The digest of what a rule runs, for its params (posemake.fingerprint)."""
    return CODE_DIGESTS.of(script)


def filled(section):
    """A section of the config with its defaults. One value to Snakemake, which compares values without their names."""
    return settings.plain(getattr(settings, section.capitalize()), config.get(section))


def video_path(wildcards):
    """The file of a video, or the folder of its images."""
    return str(folder_of(VIDEOS[wildcards.video]["path"]))


def prepared(wildcards):
    """What a stage needs to read the frames of a video."""
    return {
        "video": video_path(wildcards),
        "info": f"results/videos/{wildcards.video}/video.json",
        "standard": f"results/videos/{wildcards.video}/standard",
    }


def preparing(wildcards):
    """What the sheet says of how a video is prepared."""
    row = VIDEOS[wildcards.video]
    pattern = os.path.basename(row["path"]) if is_pattern(row["path"]) else None
    return {"pattern": pattern, "downscale": row["downscale"], "deinterlace": row["deinterlace"]}


def of_row(*columns):
    """What the sheet says of the video in some columns."""
    return lambda wildcards: {column: VIDEOS[wildcards.video][column] for column in columns}


def starting_weights(wildcards):
    """The file that a model's training starts from, if there is one."""
    start = MODELS[wildcards.model]["weights"]
    return [] if start in ("none", "imagenet") else start


def subjects():
    """The animal of each labelled video, where the split asks for it."""
    if filled("split")["unit"] != "subject":
        return {}
    return {video: VIDEOS[video]["subject"] for video in sorted(LABEL_FILES)}


def about(videos):
    """Subject, session and group of videos, for tables."""
    return {
        video: {key: VIDEOS[video][key] for key in ("subject", "session", "group")}
        for video in sorted(videos)
    }


def grow(base):
    """A resource that grows with the attempt."""
    return lambda wildcards, attempt: base * attempt
