"""Import of a DeepLabCut project: its config, its labels and the paths of its videos.

Models and .pickle files are never opened. Everything that is not imported, or is changed, is printed and kept in a list of notes.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from posemake.config.validation import raise_faults
from posemake.core.atomic import write_text
from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath, is_file
from posemake.core.plural import count_noun
from posemake.data.label_files import Labels, write_labels
from posemake.data.label_grid import clean_name
from posemake.projects.deeplabcut_config import is_true, name_keypoints, read_config, read_skeleton
from posemake.projects.deeplabcut_labels import ProjectLabels, list_entries, read_folder
from posemake.projects.scaffold import (
    CONFIG,
    SHEET,
    config_text,
    path_in_sheet,
    print_and_log,
    refuse_existing_project,
    sheet_text,
    snakemake_command,
    unique_id,
    write_project,
)
from posemake.projects.video_files import reason_to_leave_out
from posemake.video.decoding import decode_tolerant
from posemake.video.frame import upright_size

LABELS, IMPORTED = Path("labels/round-0"), Path("config/imported.md")
RESULT_OF_DEEPLABCUT = re.compile(r"DLC_|_labeled\b")  # in names of files that DeepLabCut writes beside the videos
IMPORTED_ENTRIES = ("config.yaml", "labeled-data", "videos")  # of the project's folder


@dataclass
class Source:
    """A video of the project; what is missing is None."""

    stem: str  # name of the video's file without its ending
    path: Path | None = None
    size: tuple[int, int] | None = None  # width, height
    crop: list[int] | None = None  # x1, x2, y1, y2; None for the whole frame
    labels: Labels | None = None
    folder: str = ""  # name of its folder of labels


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
    entries = [path for path in list_entries(project / "videos") if _is_text(path, notes)]
    by_name = {clean_name(path.name): path for path in entries if path.is_file()}
    for given, entry in config["video_sets"].items():
        name = PureWindowsPath(str(given)).name  # understands paths of all systems
        place = project / str(given)  # an absolute path stays as it is
        path = place if is_file(place) else by_name.get(clean_name(name))
        if path is None:
            notes.append(f"config.yaml, video_sets: there is no video {str(given)!r}, and no videos/{name}")
        elif path.resolve() in [other.resolve() for other, _, _ in videos if other]:
            notes.append(f"config.yaml, video_sets: {str(given)!r} leads to a video that is listed already, and is left out")
            continue
        stem = path.stem if path else PureWindowsPath(name).stem
        videos.append((path, stem, entry.get("crop") if isinstance(entry, dict) else None))
    known = {path.resolve() for path, _, _ in videos if path}
    for path in entries:
        if path.resolve() in known:
            continue
        is_recording = path.is_file() and not RESULT_OF_DEEPLABCUT.search(path.name)
        reason = reason_to_leave_out(path) if is_recording else "it is not a recording"
        if reason:
            notes.append(f"videos/{path.name}: not imported, as {reason}")
            continue
        notes.append(f"videos/{path.name}: imported, although not among the video_sets; remove its row if you do not want it")
        videos.append((path, path.stem, None))
    # as in DeepLabCut, a crop at the top level of the config applies to the analysis of all videos
    common = [config.get(key) for key in ("x1", "x2", "y1", "y2")] if is_true(config.get("cropping")) else None
    return [_probe_video(path, stem, common or crop or "", notes) for path, stem, crop in videos]


def _is_text(path: Path, notes: list[str]) -> bool:
    """Return whether a file's name is valid text, which the sheet of videos needs; note it otherwise."""
    try:
        path.name.encode()
    except UnicodeEncodeError:
        notes.append(f"videos/{path.name}: not imported, as its name is not text in UTF-8; rename it")
        return False
    return True


def _note_same_names(sources: list[Source], notes: list[str]) -> None:
    """Note which videos have the same name but for the ending or the folder, so that one folder of labels fits several."""
    by_stem: dict[str, list[Path]] = {}
    for source in sources:
        if source.path:
            by_stem.setdefault(clean_name(source.stem), []).append(source.path)
    for stem, paths in by_stem.items():
        if len(paths) > 1:
            notes.append(
                f"{stem}: {len(paths)} videos have this name ({', '.join(map(str, paths))}) and get different ids; labels in "
                f"labeled-data/{stem} go with {paths[0].name}, the first"
            )


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
    try:
        folder = Path(str(project)).expanduser().absolute()
    except RuntimeError as error:
        raise PosemakeError(f"{project}: {error}; give the folder of a DeepLabCut project by its whole path") from error
    folder = folder.parent if folder.name == "config.yaml" else folder
    config = read_config(folder / "config.yaml")
    notes: list[str] = []
    names = name_keypoints(config, notes)
    text = config_text(list(names.values()), read_skeleton(config, names, notes))
    sources = _find_sources(folder, config, notes)
    _note_same_names(sources, notes)
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
    folders = [path for path in list_entries(project / "labeled-data") if path.is_dir()]
    shared = ProjectLabels(str(config.get("scorer") or ""), names, {source.stem for source in sources})
    for folder in folders:
        # of several videos of that name, the first one that was found gets the labels
        same = [source for source in sources if clean_name(source.stem) == clean_name(folder.name) and not source.folder]
        same.sort(key=lambda source: source.path is None)
        source = same[0] if same else Source(folder.name)
        if not same:
            sources.append(source)
        try:
            source.labels, source.folder = read_folder(folder, shared, source.size, notes), folder.name
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
    labels = {name: (source.folder, source.labels) for name, source in videos.items() if source.labels}
    notes += [f"{path.name}: not imported" for path in list_entries(project) if path.name not in IMPORTED_ENTRIES]
    notes.append("config.yaml: nothing else is imported; models are trained anew with the settings of config/config.yaml")
    images = sum(len(content.images) for _, content in labels.values())
    summary = (
        f"Imported: {count_noun(images, 'labelled image')} of {count_noun(len(labels), 'video')}, and "
        f"{count_noun(len(videos), 'row')} of the sheet of videos."
    )
    report = [f"# From the DeepLabCut project {project}", summary, "## Not imported, or changed"]
    notes[:] = [note.encode("utf-8", "backslashreplace").decode() for note in notes]  # names of files may be no text
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
