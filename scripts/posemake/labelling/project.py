"""A project as the labeller opens it: its config, and whose labels of which round."""

import getpass
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posemake.config.settings import Render
from posemake.config.typed_names import with_typed_names
from posemake.config.video_sheet import read_videos
from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath
from posemake.core.round_path import RoundFolder
from posemake.core.yaml_files import read_yaml
from posemake.data.label_files import MEAN_SCORER, find_label_files, label_file_scorer
from posemake.labelling.navigation import Navigator
from posemake.labelling.session import Session
from posemake.labelling.store.store import LabelStore
from posemake.labelling.tasks import LabelTask, RoundFolders, collect_tasks, read_chosen_images
from posemake.plotting.colors import RGB, keypoint_colors

CONFIG_FILE, VIDEOS_FILE = "config/config.yaml", "config/videos.tsv"
FRAMES_DIR, LABELS_DIR = "results/frames", "labels"


@dataclass(frozen=True)
class LabelProject:
    """What labelling needs of a project."""

    folder: Path
    keypoints: tuple[str, ...]
    skeleton: tuple[tuple[str, str], ...]
    active_round: int
    scorer: str  # labels.scorer
    colormap: str
    videos_to_label: frozenset[str] | None  # None: all

    @property
    def colors(self) -> list[RGB]:
        """A colour (red, green, blue in 0 … 1) for each keypoint, as the labelled videos have them."""
        return keypoint_colors(len(self.keypoints), self.colormap)

    def round_folders(self, number: int) -> RoundFolders:
        """Return the folders of a round."""
        return RoundFolders.of_project(self.folder / FRAMES_DIR, self.folder / LABELS_DIR, number)

    def is_to_label(self, video: str) -> bool:
        """Return whether frames of a video are labelled."""
        return self.videos_to_label is None or video in self.videos_to_label


def _section(config: dict[str, Any], name: str) -> dict[str, Any]:
    section = config.get(name)
    return section if isinstance(section, dict) else {}


def _read_videos_to_label(path: Path) -> frozenset[str] | None:
    """Return the videos that the sheet wants labels of; None without a readable sheet, as a copy for labelling may lack it."""
    videos = read_videos(path)[0] if path.is_file() else {}
    return frozenset(name for name, row in videos.items() if row.use != "analyse") if videos else None


def read_project(folder: StrPath) -> LabelProject:
    """Read the config of a project as far as labelling needs it; the workflow reports other faults of the config.

    Raises
    ------
    PosemakeError
        If the folder is no project, or its keypoints are wrong.
    """
    folder = Path(folder).expanduser()
    path = folder / CONFIG_FILE
    if not path.is_file():
        raise PosemakeError(f"{folder}: has no {CONFIG_FILE}; give a project's folder with --project")
    written = read_yaml(path)
    config = dict(with_typed_names(written, path, written)) if isinstance(written, dict) else {}
    names = config.get("keypoints")
    if not isinstance(names, list) or not names or len(set(map(str, names))) < len(names):
        raise PosemakeError(f"{path}, keypoints: is a list of names, each once")
    keypoints = tuple(map(str, names))
    number = config.get("active_round")
    edges = [edge for edge in config.get("skeleton") or [] if len(edge) == 2 and set(edge) <= set(keypoints)]
    return LabelProject(
        folder=folder,
        keypoints=keypoints,
        skeleton=tuple((one, other) for one, other in edges),
        active_round=number if isinstance(number, int) and number > 0 else 0,
        scorer=str(_section(config, "labels").get("scorer") or ""),
        colormap=str(_section(config, "render").get("colormap") or Render().colormap),
        videos_to_label=_read_videos_to_label(folder / str(config.get("videos") or VIDEOS_FILE)),
    )


def choose_scorer(requested: str, configured: str, existing: set[str]) -> str:
    """Return who labels: the requested one, else the configured one, else whose labels exist already, else the user.

    Parameters
    ----------
    requested
        Name given on the command line, or empty.
    configured
        ``labels.scorer`` of the config, or empty.
    existing
        People whose labels exist.

    Raises
    ------
    PosemakeError
        If labels of several people exist, and nothing says who labels now.
    """
    for name in (requested, configured):
        if name not in ("", MEAN_SCORER):
            return name
    user = re.sub(r"[^\w.-]+", "_", getpass.getuser())
    if user in existing or not existing:
        return user
    if len(existing) > 1:
        raise PosemakeError(f"there are labels of {', '.join(sorted(existing))}; say who labels: --scorer {min(existing)}")
    return next(iter(existing))


def _find_scorers(labels_dir: Path) -> set[str]:
    """Return the people who labelled any video of any round."""
    folders = [folder for folder in sorted(labels_dir.glob("round-*/[!.]*")) if folder.is_dir()]
    return {label_file_scorer(path) for folder in folders for path in find_label_files(folder)}


def _waits_for_labels(project: LabelProject, number: int, tasks: list[LabelTask], stores: dict[RoundFolder, LabelStore]) -> bool:
    """Return whether a video has fewer done frames than were chosen; images labelled beside the chosen ones count."""
    done = Counter(task.video for task in tasks if stores[task.folder].done(task.image))
    frames = project.round_folders(number).frames
    return any(done[video] < len(read_chosen_images(frames / video)) for video in {task.video for task in tasks})


def open_project(folder: StrPath, scorer: str = "", number: int | None = None, video: str = "") -> Session:
    """Open the frames of a project that are to be labelled.

    Parameters
    ----------
    folder
        The project's folder.
    scorer
        Who labels; by default as ``choose_scorer`` finds.
    number
        The round; by default the first up to the config's that waits for labels, else the config's.
    video
        This one only; by default all that are labelled.

    Raises
    ------
    PosemakeError
        If it is no project, or there is nothing to label.
    """
    project = read_project(folder)
    scorer = choose_scorer(scorer, project.scorer, _find_scorers(project.folder / LABELS_DIR))

    def open_store(labels: Path, name: str) -> LabelStore:
        return LabelStore(labels, scorer, list(project.keypoints), name, read_only=True)

    for chosen in range(project.active_round + 1) if number is None else (number,):
        tasks, stores = collect_tasks(project.round_folders(chosen), project.keypoints, open_store)
        tasks = [task for task in tasks if project.is_to_label(task.video) and video in ("", task.video)]
        if _waits_for_labels(project, chosen, tasks, stores):
            break
    if not tasks:
        known = sorted({name for _, name in stores if project.is_to_label(name)})
        what = f"the video {video!r}" if video else f"round {chosen}"
        hint = f"there are {', '.join(known)}" if video and known else "run snakemake first, which chooses them"
        raise PosemakeError(f"{project.folder}: there are no frames to label for {what}; {hint}")
    folders = {task.folder for task in tasks}
    navigator = Navigator(tasks, {folder: store for folder, store in stores.items() if folder in folders})
    return Session(navigator, project.keypoints, project.skeleton)
