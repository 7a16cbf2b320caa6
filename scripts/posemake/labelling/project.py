"""A project as the labeller opens it: keypoints and colours from its config, and whose labels of which round."""

import csv
import getpass
import re
from collections import Counter
from pathlib import Path

from posemake.core.errors import PosemakeError
from posemake.core.yaml_files import read_yaml
from posemake.data.label_files import find_label_files
from posemake.labelling.session import Session
from posemake.labelling.store.store import LabelStore
from posemake.labelling.tasks import Item, collect_items, count_chosen
from posemake.plotting.style import keypoint_colors

COLORMAP = "turbo"


def read_project(project: str | Path) -> dict:
    """The config of a project, as far as labelling needs it; other faults are the workflow's to tell.

    Raises
    ------
    PosemakeError
        If the folder is no project, or its keypoints or skeleton are wrong.
    """
    path = Path(project) / "config" / "config.yaml"
    if not path.is_file():
        raise PosemakeError(f"{project}: has no config/config.yaml; give a project's folder with --project")
    config = read_yaml(path)
    keypoints = config.get("keypoints") if isinstance(config, dict) else None
    if not isinstance(keypoints, list) or not keypoints or len(set(map(str, keypoints))) < len(keypoints):
        raise PosemakeError(f"{path}, keypoints: is a list of names, each once")
    config["keypoints"] = list(map(str, keypoints))
    config["skeleton"] = [edge for edge in config.get("skeleton") or [] if set(edge) <= set(config["keypoints"])]
    return config


def _to_label(project: Path, config: dict) -> set[str] | None:
    """Videos that the sheet wants labels of; none where there is no sheet, as a copy for labelling may lack it."""
    path = project / str(config.get("videos") or "config/videos.tsv")
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    rows = csv.DictReader((line for line in text.splitlines() if line.strip() and not line.startswith("#")), delimiter="\t")
    return {(row.get("video") or "").strip() for row in rows if (row.get("use") or "").strip() != "analyse"}


def choose_scorer(given: str, wanted: str, there: set[str]) -> str:
    """Who labels: the one given, else the config's ``labels.scorer``, else whose labels are there already, else the user.

    Raises
    ------
    PosemakeError
        If several people's labels are there and nothing says who labels now.
    """
    for name in (given, wanted):
        if name not in ("", "mean"):
            return name
    user = re.sub(r"[^\w.-]+", "_", getpass.getuser())
    if user in there or not there:
        return user
    if len(there) > 1:
        raise PosemakeError(f"there are labels of {', '.join(sorted(there))}; say who labels: --scorer {min(there)}")
    return next(iter(there))


def open_project(project: str | Path, scorer: str = "", number: int | None = None, video: str = "") -> Session:
    """Open the frames of a project that are to be labelled.

    Parameters
    ----------
    scorer
        By default as ``choose_scorer`` finds.
    number
        The round; by default the first up to the config's that waits for labels, else the config's.
    video
        This one only; by default all that are labelled.

    Raises
    ------
    PosemakeError
        If it is no project, or there is nothing to label.
    """
    project = Path(project).expanduser()
    config = read_project(project)
    active = config.get("active_round") or 0
    wanted = _to_label(project, config)
    folders = [folder for folder in sorted((project / "labels").glob("round-*/*")) if folder.is_dir()]
    there = {path.stem.removeprefix("CollectedData_") for folder in folders for path in find_label_files(folder)}
    scorer = choose_scorer(scorer, (config.get("labels") or {}).get("scorer") or "", there)

    def open_store(folder: Path, name: str) -> LabelStore:
        return LabelStore(folder, scorer, config["keypoints"], name, read_only=True)

    def is_wanted(name: str) -> bool:
        return wanted is None or name in wanted

    def open_round(number: int) -> tuple[list[Item], dict[tuple[int, str], LabelStore]]:
        items, stores = collect_items(project, number, config["keypoints"], open_store)
        return [item for item in items if is_wanted(item.video) and video in ("", item.video)], stores

    rounds = range(active + 1) if number is None else (number,)
    for number in rounds:
        items, stores = open_round(number)
        done = Counter(item.video for item in items if stores[item.key].done(item.image))
        # images that were labelled beside the chosen ones count, as in the workflow
        if any(done[name] < count_chosen(project, number, name) for name in {item.video for item in items}):
            break
    if not items:
        known = sorted({name for _, name in stores if is_wanted(name)})
        what = f"the video {video!r}" if video else f"round {number}"
        hint = f"there are {', '.join(known)}" if video and known else "run snakemake first, which chooses them"
        raise PosemakeError(f"{project}: there are no frames to label for {what}; {hint}")
    return Session(items, config["keypoints"], config["skeleton"], {key: stores[key] for key in {i.key for i in items}})


def colors_of(project: str | Path) -> list[tuple[float, float, float]]:
    """A colour (red, green, blue in 0 … 1) for each keypoint, as the labelled videos have them."""
    config = read_project(project)
    return keypoint_colors(len(config["keypoints"]), (config.get("render") or {}).get("colormap") or COLORMAP)
