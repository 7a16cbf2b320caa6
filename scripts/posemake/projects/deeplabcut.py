"""The stage that takes a DeepLabCut project over: its config, its labels and the paths of its videos.

No model and no .pickle file is opened. Whatever is not taken is told, and kept in a list of notes.
"""

import itertools
import re
import shutil
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
from PIL import Image

from posemake.config.validation import raise_faults
from posemake.core.atomic import write_text
from posemake.core.errors import PosemakeError
from posemake.core.yaml_files import read_yaml
from posemake.data.geometry import outside
from posemake.data.label_files import Labels, find_label_file, frame_number, read_labels, reorder, write_labels
from posemake.projects import scaffold as making
from posemake.video.decoding import decode_tolerant
from posemake.video.frame import upright_size

LABELS, IMPORTED = Path("labels/round-0"), Path("config/imported.md")
OWN_VIDEO = re.compile(r"DLC_|_labeled\b")  # in the names of what DeepLabCut writes beside the videos
IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")


@dataclass
class Source:
    """One video of the project, as far as it is there."""

    stem: str  # of the video's file, which is the name of its folder of labels
    path: Path | None = None
    size: tuple[int, int] | None = None  # width, height
    crop: list[int] | None = None  # x1, x2, y1, y2; None where it is the whole frame
    labels: Labels | None = None


def _read_config(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise PosemakeError(f"{file}: there is no such file; give the folder of a DeepLabCut project, which holds config.yaml")
    config = read_yaml(file)
    if not isinstance(config, dict) or not config.get("bodyparts"):
        raise PosemakeError(f"{file}: has no bodyparts, so it is not the config of a DeepLabCut project; give the folder of one")
    if config.get("multianimalproject") or not isinstance(config["bodyparts"], list):
        raise PosemakeError(
            f"{file}: is a project of several animals (multianimalproject), which posemake cannot track yet; "
            "nothing was imported. A project of one animal can be"
        )
    return config


def _keypoints(config: dict[str, Any], notes: list[str]) -> dict[str, str]:
    """The name of each bodypart here: its own, where it has only letters that a keypoint may have."""
    names = {part: part for part in map(str, config["bodyparts"])}
    for part in names:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", part):
            names[part] = making.free_id(part.replace(".", "_"), names.values())
            notes.append(f"config.yaml, bodyparts: {part!r} is called {names[part]!r} here; names have letters, digits, _ and -")
    return names


def _skeleton(config: dict[str, Any], names: dict[str, str], notes: list[str]) -> list[list[str]]:
    edges = []
    for line in config.get("skeleton") or []:
        ends = [str(end) for end in line] if isinstance(line, list) else [str(line)]
        if len(ends) < 2:
            notes.append(f"config.yaml, skeleton: {ends} joins nothing; not taken")
        for a, b in itertools.pairwise(ends):
            if a not in names or b not in names:
                unknown = a if a not in names else b
                notes.append(f"config.yaml, skeleton: {a} - {b} is not taken, {unknown!r} is not among the bodyparts")
            elif [names[a], names[b]] not in edges:
                edges.append([names[a], names[b]])
    return edges


def _source(path: Path | None, stem: str, given: Any, notes: list[str]) -> Source:
    """A video with its size and, of the crop that is given, what is within it and not all of it."""
    if path is None:
        return Source(stem)
    try:
        width, height = upright_size(next(decode_tolerant(path)))
    except (PosemakeError, StopIteration) as error:
        notes.append(f"{str(error) or f'{path}: holds no frame'}; counts as missing")
        return Source(stem)
    source = Source(stem, path, (width, height))
    crop = [int(number) for number in re.findall(r"-?\d+", str(given))]
    if crop and (len(crop) != 4 or not (0 <= crop[0] < crop[1] <= width and 0 <= crop[2] < crop[3] <= height)):
        notes.append(f"{path}: its crop {given} is no x1, x2, y1, y2 within {width} x {height} pixels; not taken")
    elif crop != [0, width, 0, height]:
        source.crop = crop or None
    return source


def _sources(project: Path, config: dict[str, Any], notes: list[str]) -> list[Source]:
    """The videos: those of ``video_sets``, then others in the folder ``videos`` but for what DeepLabCut wrote there."""
    found: list[tuple[Path | None, str, Any]] = []
    for given, entry in (config.get("video_sets") or {}).items():
        name = PureWindowsPath(str(given)).name  # elsewhere, a path of Windows would be one name
        places = (project / str(given), project / "videos" / name)  # an absolute path stays as it is
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            notes.append(f"config.yaml, video_sets: there is no video {str(given)!r}, and no videos/{name}")
        elif path.resolve() in [other.resolve() for other, _, _ in found if other]:
            notes.append(f"config.yaml, video_sets: {str(given)!r} is a video that stands there twice")
            continue
        found.append((path, PureWindowsPath(name).stem, entry.get("crop") if isinstance(entry, dict) else None))
    known = {path.resolve() for path, _, _ in found if path}
    for path in sorted((project / "videos").glob("*")):
        if path.resolve() in known:
            continue
        if not path.is_file() or OWN_VIDEO.search(path.name) or not path.name.lower().endswith(making.VIDEO_ENDINGS):
            notes.append(f"videos/{path.name}: not taken, it is no recording")
            continue
        notes.append(f"videos/{path.name}: is not among the video_sets, and taken; remove its row if it is not wanted")
        found.append((path, path.stem, None))
    # as in DeepLabCut, the config's own crop holds for the analysis of all videos
    common = [config.get(key) for key in ("x1", "x2", "y1", "y2")] if config.get("cropping") else None
    return [_source(path, stem, common or crop or "", notes) for path, stem, crop in found]


def _labels(folder: Path, config: dict[str, Any], names: dict[str, str], source: Source, notes: list[str]) -> Labels | None:
    """What can be trained on of a folder of labels."""
    here = f"labeled-data/{folder.name}"
    own = [folder / f"CollectedData_{config.get('scorer')}.{ending}" for ending in ("csv", "h5")]
    file = next((path for path in own if path.is_file()), None) or find_label_file(folder)
    if file is None:
        notes.append(f"{here}: not taken, it has no labels ({own[0].name} or .h5)")
        return None
    read = read_labels(file)
    for part in sorted(set(read.keypoints) - set(names)):
        notes.append(f"{here}: {part!r} is not among the bodyparts, its labels are not taken")
    kept, points, empty, sizes = [], [], 0, set()
    for image, xy in zip(read.images, reorder(read, list(names))):
        try:
            frame_number(image)
            with Image.open(folder / image) as opened:
                size = opened.size
        except (OSError, PosemakeError) as error:
            reason = error if isinstance(error, PosemakeError) else "its image is missing or damaged"
            notes.append(f"{here}/{image}: its labels are not taken ({reason})")
            continue
        for k in np.flatnonzero(outside(xy, size)):
            notes.append(f"{here}/{image}: {list(names)[k]} at {xy[k].tolist()} lies outside the image and is not taken")
            xy[k] = np.nan
        if np.isnan(xy).all():
            empty += 1
            continue
        kept.append(image)
        points.append(xy)
        sizes.add(size)
    others = [path for path in sorted(folder.iterdir()) if path.stem != file.stem and path.name not in read.images]
    loose = [path for path in others if path.suffix.lower() in IMAGE_ENDINGS]
    notes += [f"{here}/{path.name}: not taken" for path in others if path not in loose]
    if loose:
        notes.append(f"{here}: {len(loose)} images without labels are not taken")
    if empty:
        notes.append(f"{here}: {empty} rows without any point are not taken; DeepLabCut does not train on such rows either")
    if source.size and sizes - {source.size}:
        notes.append(f"{here}: its images do not have the video's size; labels are in the images' pixels")
    scorer = file.stem.removeprefix("CollectedData_")
    return Labels(scorer, tuple(names.values()), tuple(kept), np.stack(points)) if kept else None


def import_deeplabcut(project: str | Path) -> None:
    """Make the current folder a project with the videos and labels of a DeepLabCut project, which stays as it is.

    Labels and copies of their images go to ``labels/round-0``. What is not taken stands in ``config/imported.md``, a line each.

    Raises PosemakeError and writes nothing if it is no project of one animal, a label file is faulty, or a project is here.
    """
    if not project:
        line = making.command("import_deeplabcut", "my-project", deeplabcut="/path/to/project")
        raise PosemakeError(f"import_deeplabcut needs the folder of a DeepLabCut project; type: {line}")
    making.refuse_existing(IMPORTED, LABELS)
    project = Path(str(project)).expanduser().absolute()
    project = project.parent if project.name == "config.yaml" else project
    config, notes, faults = _read_config(project / "config.yaml"), [], []
    names = _keypoints(config, notes)
    text = making.config_text(list(names.values()), _skeleton(config, names, notes))
    sources = _sources(project, config, notes)
    for folder in sorted(path for path in (project / "labeled-data").glob("*") if path.is_dir()):
        # of several videos of one name, the labels go with one that is there
        same = sorted((source for source in sources if source.stem == folder.name), key=lambda source: source.path is None)
        source = same[0] if same else Source(folder.name)
        sources += [] if same else [source]
        try:
            source.labels = _labels(folder, config, names, source, notes)
        except PosemakeError as error:
            faults.append(str(error))
    raise_faults(faults)
    ids: dict[str, Source] = {}
    for source in sources:
        if source.path or source.labels:
            ids[making.free_id(source.stem, ids)] = source
    if not ids:
        raise PosemakeError(f"{project}: has neither a video nor labels that could be taken; {'; '.join(notes)}")
    _write(project, text, ids, notes)


def _rows(ids: dict[str, Source], notes: list[str]) -> list[dict[str, str]]:
    rows = []
    for name, source in ids.items():
        use = "analyse" if not source.labels else "both" if source.path else "train"
        if name != source.stem:
            notes.append(f"{source.stem}: has the id {name!r} here; ids have letters, digits, _ . - and are unique")
        if not source.path:
            notes.append(f"{name}: its video is not there, so its labels serve training only (use: train)")
        rows.append({"video": name, "path": making.sheet_path(source.path) if source.path else "", "use": use})
        if source.crop:
            rows[-1]["crop"] = ",".join(map(str, source.crop))
    return rows


def _write(project: Path, config: str, ids: dict[str, Source], notes: list[str]) -> None:
    """Write all, the config last; after an error nothing of it is left."""
    sheet, labelled = making.sheet_text(_rows(ids, notes)), {name: s for name, s in ids.items() if s.labels}
    for path in sorted(project.iterdir()):
        if path.name not in ("config.yaml", "labeled-data", "videos") and not path.name.startswith("."):
            notes.append(f"{path.name}: not taken")
    notes.append("config.yaml: all else is not taken; models are trained anew with the settings of config/config.yaml")
    images = sum(len(source.labels.images) for source in labelled.values())
    summary = f"Taken: {images} labelled images of {len(labelled)} videos, and {len(ids)} rows of the sheet of videos."
    report = [f"# From the DeepLabCut project {project}", summary, "## Not taken, or taken with a change"]
    part = LABELS.with_name("round-0.part")
    shutil.rmtree(part, ignore_errors=True)  # of an import that was killed
    made = [part]
    try:
        part.mkdir(parents=True)
        for name, source in labelled.items():
            (part / name).mkdir()
            for image in source.labels.images:
                shutil.copyfile(project / "labeled-data" / source.stem / image, part / name / image)
            write_labels(part / name / f"CollectedData_{source.labels.scorer}.csv", source.labels, name)
        part.replace(LABELS)
        made.append(LABELS)
        write_text(IMPORTED, "\n\n".join([*report, "\n".join(f"- {note}" for note in notes)]) + "\n")
        made.append(IMPORTED)
        making.write_project(config, sheet)
    except BaseException:
        for path in made:
            path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)
        raise
    for note in notes:
        making.tell(note)
    making.tell(f"{summary} What was not stands in {IMPORTED}. Look through {making.CONFIG} and {making.SHEET}.")
    making.tell(f"Next: {making.command()}")
