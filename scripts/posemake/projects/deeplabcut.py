"""Import of a DeepLabCut project: its config, its labels and the paths of its videos.

Models and .pickle files are never opened. Everything that is not imported, or is changed, is printed and kept in a list of notes.
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
from posemake.core.paths import StrPath
from posemake.core.yaml_files import read_yaml
from posemake.data.geometry import outside_frame
from posemake.data.label_files import Labels, find_label_file, frame_number, read_labels, reorder, write_labels
from posemake.projects.scaffold import (
    CONFIG,
    SHEET,
    VIDEO_ENDINGS,
    config_text,
    path_in_sheet,
    print_and_log,
    refuse_existing_project,
    sheet_text,
    snakemake_command,
    unique_id,
    write_project,
)
from posemake.video.decoding import decode_tolerant
from posemake.video.frame import upright_size

LABELS, IMPORTED = Path("labels/round-0"), Path("config/imported.md")
RESULT_OF_DEEPLABCUT = re.compile(r"DLC_|_labeled\b")  # in names of files that DeepLabCut writes beside the videos
IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
IMPORTED_ENTRIES = ("config.yaml", "labeled-data", "videos")  # of the project's folder


@dataclass
class Source:
    """A video of the project; what is missing is None."""

    stem: str  # name of the video's file without its ending, which is also the name of its folder of labels
    path: Path | None = None
    size: tuple[int, int] | None = None  # width, height
    crop: list[int] | None = None  # x1, x2, y1, y2; None for the whole frame
    labels: Labels | None = None


def _read_config(file: Path) -> dict[str, Any]:
    """Read the config of a project of one animal."""
    if not file.is_file():
        raise PosemakeError(f"{file}: there is no such file; give the folder of a DeepLabCut project, which holds config.yaml")
    config = read_yaml(file)
    if not isinstance(config, dict) or not config.get("bodyparts"):
        raise PosemakeError(
            f"{file}: this is not the config of a DeepLabCut project, as it has no bodyparts; give the folder of one"
        )
    if config.get("multianimalproject") or not isinstance(config["bodyparts"], list):
        raise PosemakeError(
            f"{file}: this is a project of several animals (multianimalproject), which posemake cannot track yet; "
            "nothing was imported. Give the folder of a project of one animal"
        )
    return config


def _name_keypoints(config: dict[str, Any], notes: list[str]) -> dict[str, str]:
    """Return the keypoint of each bodypart, which has the same name unless that has characters that are not valid."""
    names = {part: part for part in map(str, config["bodyparts"])}
    for part in names:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", part):
            names[part] = unique_id(part.replace(".", "_"), names.values())
            notes.append(
                f"config.yaml, bodyparts: {part!r} is called {names[part]!r} here; names have only letters, digits, _ and -"
            )
    return names


def _read_skeleton(config: dict[str, Any], names: dict[str, str], notes: list[str]) -> list[list[str]]:
    """Return the edges of the skeleton between keypoints; an entry of more than two bodyparts is a chain."""
    edges: list[list[str]] = []
    for line in config.get("skeleton") or []:
        ends = [str(end) for end in line] if isinstance(line, list) else [str(line)]
        if len(ends) < 2:
            notes.append(f"config.yaml, skeleton: {ends} has fewer than two bodyparts and is not imported")
        for a, b in itertools.pairwise(ends):
            if a not in names or b not in names:
                unknown = a if a not in names else b
                notes.append(f"config.yaml, skeleton: {a} - {b} is not imported, as {unknown!r} is not among the bodyparts")
            elif [names[a], names[b]] not in edges:
                edges.append([names[a], names[b]])
    return edges


def _probe_video(path: Path | None, stem: str, crop: object, notes: list[str]) -> Source:
    """Return a video with its size and crop.

    Parameters
    ----------
    path
        The video; None if it was not found.
    stem
        Name of its file without the ending.
    crop
        Crop as the config states it. It is left out if it is the whole frame or does not lie within it.
    notes
        Notes, to which more are added.

    Returns
    -------
    Source
        The video. If it cannot be decoded, it has no path.
    """
    if path is None:
        return Source(stem)
    try:
        width, height = upright_size(next(decode_tolerant(path)))
    except (PosemakeError, StopIteration) as error:
        notes.append(f"{str(error) or f'{path}: holds no frame'}; counts as missing")
        return Source(stem)
    source = Source(stem, path, (width, height))
    numbers = [int(number) for number in re.findall(r"-?\d+", str(crop))]
    if numbers and (len(numbers) != 4 or not (0 <= numbers[0] < numbers[1] <= width and 0 <= numbers[2] < numbers[3] <= height)):
        notes.append(f"{path}: its crop {crop} is not x1, x2, y1, y2 within {width} x {height} pixels and is not imported")
    elif numbers != [0, width, 0, height]:
        source.crop = numbers or None
    return source


def _find_sources(project: Path, config: dict[str, Any], notes: list[str]) -> list[Source]:
    """Return the videos of ``video_sets``, then others in the folder ``videos`` that DeepLabCut did not write itself."""
    videos: list[tuple[Path | None, str, object]] = []
    for given, entry in (config.get("video_sets") or {}).items():
        name = PureWindowsPath(str(given)).name  # understands paths of all systems
        places = (project / str(given), project / "videos" / name)  # an absolute path stays as it is
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            notes.append(f"config.yaml, video_sets: there is no video {str(given)!r}, and no videos/{name}")
        elif path.resolve() in [other.resolve() for other, _, _ in videos if other]:
            notes.append(f"config.yaml, video_sets: {str(given)!r} leads to a video that is listed already, and is left out")
            continue
        videos.append((path, PureWindowsPath(name).stem, entry.get("crop") if isinstance(entry, dict) else None))
    known = {path.resolve() for path, _, _ in videos if path}
    for path in sorted((project / "videos").glob("*")):
        if path.resolve() in known:
            continue
        if not path.is_file() or RESULT_OF_DEEPLABCUT.search(path.name) or not path.name.lower().endswith(VIDEO_ENDINGS):
            notes.append(f"videos/{path.name}: not imported, as it is not a recording")
            continue
        notes.append(f"videos/{path.name}: imported, although not among the video_sets; remove its row if you do not want it")
        videos.append((path, path.stem, None))
    # as in DeepLabCut, a crop at the top level of the config applies to the analysis of all videos
    common = [config.get(key) for key in ("x1", "x2", "y1", "y2")] if config.get("cropping") else None
    return [_probe_video(path, stem, common or crop or "", notes) for path, stem, crop in videos]


def _find_labels(folder: Path, scorer: object, notes: list[str]) -> Path | None:
    """Return the label file of a folder, preferring that of the project's scorer."""
    preferred = [folder / f"CollectedData_{scorer}.{ending}" for ending in ("csv", "h5")]
    file = next((path for path in preferred if path.is_file()), None) or find_label_file(folder)
    if file is None:
        notes.append(f"labeled-data/{folder.name}: not imported, as it has no labels ({preferred[0].name} or .h5)")
    return file


def _image_size(folder: Path, image: str, notes: list[str]) -> tuple[int, int] | None:
    """Return width and height of a labelled image; None, with a note, if it cannot be used."""
    try:
        frame_number(image)
        with Image.open(folder / image) as opened:
            return opened.size
    except (OSError, PosemakeError) as error:
        reason = error if isinstance(error, PosemakeError) else "its image is missing or damaged"
        notes.append(f"labeled-data/{folder.name}/{image}: its labels are not imported ({reason})")
        return None


def _note_other_files(folder: Path, file: Path, images: tuple[str, ...], notes: list[str]) -> None:
    """Note the files of a folder that are neither its label file nor labelled images."""
    here = f"labeled-data/{folder.name}"
    others = [path for path in sorted(folder.iterdir()) if path.stem != file.stem and path.name not in images]
    unlabelled = [path for path in others if path.suffix.lower() in IMAGE_ENDINGS]
    notes += [f"{here}/{path.name}: not imported" for path in others if path not in unlabelled]
    if unlabelled:
        notes.append(f"{here}: {len(unlabelled)} images without labels are not imported")


def _read_folder(
    folder: Path, config: dict[str, Any], names: dict[str, str], video_size: tuple[int, int] | None, notes: list[str]
) -> Labels | None:
    """Return the labels of a folder that can be used for training.

    Parameters
    ----------
    folder
        Folder in ``labeled-data``.
    config
        Config of the DeepLabCut project.
    names
        Keypoint of each bodypart.
    video_size
        Width and height of the video, if it is there.
    notes
        Notes, to which more are added.

    Returns
    -------
    Labels or None
        Labels of the images that have any; None if there are none.

    Raises
    ------
    PosemakeError
        If the label file is faulty.
    """
    here = f"labeled-data/{folder.name}"
    file = _find_labels(folder, config.get("scorer"), notes)
    if file is None:
        return None
    read = read_labels(file)
    for part in sorted(set(read.keypoints) - set(names)):
        notes.append(f"{here}: {part!r} is not among the bodyparts, and its labels are not imported")
    images, points, empty, sizes = [], [], 0, set()
    for image, xy in zip(read.images, reorder(read, list(names))):
        size = _image_size(folder, image, notes)
        if size is None:
            continue
        for k in np.flatnonzero(outside_frame(xy, size)):
            notes.append(f"{here}/{image}: {list(names)[k]} at {xy[k].tolist()} lies outside the image and is not imported")
            xy[k] = np.nan
        if np.isnan(xy).all():
            empty += 1
            continue
        images.append(image)
        points.append(xy)
        sizes.add(size)
    _note_other_files(folder, file, read.images, notes)
    if empty:
        notes.append(f"{here}: {empty} rows without any point are not imported; DeepLabCut does not train on such rows either")
    if video_size and sizes - {video_size}:
        notes.append(f"{here}: its images do not have the video's size; labels are in pixels of the images")
    scorer = file.stem.removeprefix("CollectedData_")
    return Labels(scorer, tuple(names.values()), tuple(images), np.stack(points)) if images else None


def import_deeplabcut(project: StrPath) -> None:
    """Make the current folder a project with the videos and labels of a DeepLabCut project, which is not changed.

    Labels and copies of their images go to ``labels/round-0``. ``config/imported.md`` lists everything that was not imported or
    was changed. After an error, nothing is written.

    Parameters
    ----------
    project
        Folder of the DeepLabCut project, or its ``config.yaml``.

    Raises
    ------
    PosemakeError
        If it is not a project of one animal, if a label file is faulty, or if the current folder is a project already.
    """
    if not project:
        line = snakemake_command("import_deeplabcut", "my-project", {"deeplabcut": "/path/to/project"})
        raise PosemakeError(f"import_deeplabcut needs the folder of a DeepLabCut project; type: {line}")
    refuse_existing_project(IMPORTED, LABELS)
    folder = Path(str(project)).expanduser().absolute()
    folder = folder.parent if folder.name == "config.yaml" else folder
    config = _read_config(folder / "config.yaml")
    notes: list[str] = []
    names = _name_keypoints(config, notes)
    text = config_text(list(names.values()), _read_skeleton(config, names, notes))
    sources = _find_sources(folder, config, notes)
    _read_all_labels(folder, config, names, sources, notes)
    videos: dict[str, Source] = {}
    for source in sources:
        if source.path or source.labels:
            videos[unique_id(source.stem, videos)] = source
    if not videos:
        raise PosemakeError(f"{folder}: has neither a video nor labels that could be imported; {'; '.join(notes)}")
    _write_import(folder, text, videos, notes)


def _read_all_labels(
    project: Path, config: dict[str, Any], names: dict[str, str], sources: list[Source], notes: list[str]
) -> None:
    """Read all folders of labels, and add them to the videos of the same name.

    Parameters
    ----------
    project
        Folder of the DeepLabCut project.
    config
        Its config.
    names
        Keypoint of each bodypart.
    sources
        Videos, to which labels are added, and more videos where there are only labels.
    notes
        Notes, to which more are added.

    Raises
    ------
    PosemakeError
        If label files are faulty; the message names all of them.
    """
    faults = []
    for folder in sorted(path for path in (project / "labeled-data").glob("*") if path.is_dir()):
        # of several videos of that name, one that was found gets the labels
        same = sorted((source for source in sources if source.stem == folder.name), key=lambda source: source.path is None)
        source = same[0] if same else Source(folder.name)
        if not same:
            sources.append(source)
        try:
            source.labels = _read_folder(folder, config, names, source.size, notes)
        except PosemakeError as error:
            faults.append(str(error))
    raise_faults(faults)


def _sheet_rows(videos: dict[str, Source], notes: list[str]) -> list[dict[str, str]]:
    """Return the rows of the sheet, cells by column."""
    rows = []
    for name, source in videos.items():
        use = "analyse" if not source.labels else "both" if source.path else "train"
        if name != source.stem:
            notes.append(f"{source.stem}: has the id {name!r} here; ids are unique and have only letters, digits, _ . and -")
        if not source.path:
            notes.append(f"{name}: its video was not found, so its labels serve training only (use: train)")
        row = {"video": name, "path": path_in_sheet(source.path) if source.path else "", "use": use}
        rows.append(row | ({"crop": ",".join(map(str, source.crop))} if source.crop else {}))
    return rows


def _copy_labels(project: Path, labels: dict[str, tuple[str, Labels]], target: Path) -> None:
    """Write labels and copies of their images.

    Parameters
    ----------
    project
        Folder of the DeepLabCut project.
    labels
        By id of the video, the name of its folder in ``labeled-data``, and its labels.
    target
        Folder to write, which gets a folder per video.
    """
    target.mkdir(parents=True)
    for name, (folder, content) in labels.items():
        (target / name).mkdir()
        for image in content.images:
            shutil.copyfile(project / "labeled-data" / folder / image, target / name / image)
        write_labels(target / name / f"CollectedData_{content.scorer}.csv", content, name)


def _write_import(project: Path, config: str, videos: dict[str, Source], notes: list[str]) -> None:
    """Write labels, notes, sheet and config; after an error, none of them is left.

    Parameters
    ----------
    project
        Folder of the DeepLabCut project.
    config
        Text of the config, which is written last.
    videos
        Videos by id.
    notes
        Notes, to which more are added.
    """
    sheet = sheet_text(_sheet_rows(videos, notes))
    labels = {name: (source.stem, source.labels) for name, source in videos.items() if source.labels}
    for path in sorted(project.iterdir()):
        if path.name not in IMPORTED_ENTRIES and not path.name.startswith("."):
            notes.append(f"{path.name}: not imported")
    notes.append("config.yaml: nothing else is imported; models are trained anew with the settings of config/config.yaml")
    images = sum(len(content.images) for _, content in labels.values())
    summary = f"Imported: {images} labelled images of {len(labels)} videos, and {len(videos)} rows of the sheet of videos."
    report = [f"# From the DeepLabCut project {project}", summary, "## Not imported, or changed"]
    part = LABELS.with_name("round-0.part")
    shutil.rmtree(part, ignore_errors=True)  # left by an import that was killed
    written = [part]
    try:
        _copy_labels(project, labels, part)
        part.replace(LABELS)
        written.append(LABELS)
        write_text(IMPORTED, "\n\n".join([*report, "\n".join(f"- {note}" for note in notes)]) + "\n")
        written.append(IMPORTED)
        write_project(config, sheet)
    except BaseException:
        for path in written:
            path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)
        raise
    for note in notes:
        print_and_log(note)
    print_and_log(f"{summary} {IMPORTED} lists what was not imported. Check {CONFIG} and {SHEET}.")
    print_and_log(f"Next: {snakemake_command()}")
