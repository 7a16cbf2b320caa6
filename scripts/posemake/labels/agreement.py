"""The stage that compares people who labelled the same frames (K keypoints)."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from posemake.analysis.metrics import distances
from posemake.core.log import logger
from posemake.core.tables import write_rows
from posemake.data.label_decisions import is_done, read_cells, read_decisions
from posemake.data.label_files import check_keypoints, find_label_files, read_labels, reorder
from posemake.plotting.style import keypoint_colors, save_figure

POINT_COLUMNS = ["round", "video", "image", "keypoint", "first", "second", "distance_px", "only"]
SUMMARY_COLUMNS = ["first", "second", "keypoint", "n", "mean", "median", "p95", "max", "only_one"]
FRAME_COLUMNS = ["round", "video", "image", "worst", "max_px", "mean_px", "only_one"]


def compare_folder(folder: Path, keypoints: list[str]) -> pd.DataFrame:
    """Distances between all pairs of people who labelled a folder, a row of ``POINT_COLUMNS`` per image and keypoint.

    A point that one of the two left out has no distance, and says who alone has it. What both left out is no row.
    """
    number, video = int(folder.parent.name.removeprefix("round-")), folder.name
    people = {}
    for path in find_label_files(folder):
        labels = read_labels(path)
        check_keypoints(labels, keypoints, path)
        cells = read_cells(labels, read_decisions(path), keypoints)
        of_images = zip(labels.images, reorder(labels, keypoints))
        # of an image that is begun and not done, nobody knows yet what will be left out
        people[path.stem.removeprefix("CollectedData_")] = {image: xy for image, xy in of_images if is_done(cells[image])}
    rows = []
    for first, second in itertools.combinations(sorted(people), 2):
        for image in sorted(people[first].keys() & people[second].keys()):
            one, other = people[first][image], people[second][image]
            has = [np.isfinite(points[:, 0]) for points in (one, other)]
            only = np.select([has[0] & has[1], has[0], has[1]], [None, first, second], "")
            for name, distance, who in zip(keypoints, distances(one, other).tolist(), only):
                if who != "":
                    rows.append([number, video, image, name, first, second, distance, who])
    return pd.DataFrame(rows, columns=POINT_COLUMNS)


def compare_scorers(
    label_files: Sequence[str], points_file: str, summary_file: str, frames_file: str, figure_file: str, keypoints: list[str]
) -> None:
    """Write how far apart people place the same points.

    Parameters
    ----------
    label_files
        ``…/round-<r>/<video>/CollectedData_<scorer>.csv`` or ``.h5``; folders of one person are left out.
    points_file
        CSV to write, a row per pair of people, image and keypoint: distance in pixels, or who alone has the point.
    summary_file
        CSV to write, a row per pair and keypoint, and `all`: n, mean, median, 95th percentile and greatest distance in pixels,
        and the number of points that only one of the two has.
    frames_file
        CSV to write, a row per image, those to look at again first.
    figure_file
        PNG to write: share of points over the distance, and distances by keypoint.
    """
    folders = sorted({Path(path).parent for path in label_files}, key=str)
    found = [compare_folder(folder, keypoints) for folder in folders]
    table = pd.concat([of for of in found if len(of)] or [pd.DataFrame(columns=POINT_COLUMNS)])
    write_rows(points_file, POINT_COLUMNS, table.itertuples(index=False))
    rows = []
    for (first, second), pair in table.groupby(["first", "second"]):
        for name in ["all", *keypoints]:
            of = pair if name == "all" else pair[pair["keypoint"] == name]
            known = of["distance_px"].dropna()
            figures = [known.mean(), known.median(), known.quantile(0.95), known.max()]
            rows.append([first, second, name, len(known), *map(float, figures), int(of["only"].notna().sum())])
    write_rows(summary_file, SUMMARY_COLUMNS, rows)
    write_rows(frames_file, FRAME_COLUMNS, rank_frames(table).itertuples(index=False))
    draw(table, keypoints, figure_file)
    logger.info("%d points of %d images are compared", table["distance_px"].notna().sum(), table["image"].nunique())


def rank_frames(table: pd.DataFrame) -> pd.DataFrame:
    """A row of ``FRAME_COLUMNS`` per image: greatest distance first, then those with points that only one person has."""
    rows = []
    for key, of in table.groupby(["round", "video", "image"]):
        known = of["distance_px"].dropna()
        worst = of.loc[known.idxmax(), "keypoint"] if len(known) else None
        rows.append([*key, worst, known.max(), known.mean(), int(of["only"].notna().sum())])
    ranked = pd.DataFrame(rows, columns=FRAME_COLUMNS)
    order = ["max_px", "only_one", "round", "video", "image"]
    return ranked.sort_values(order, ascending=[False, False, True, True, True], na_position="last")


def draw(table: pd.DataFrame, keypoints: list[str], figure_file: str) -> None:
    """Draw the distances, those of all pairs of people together."""
    known = table.dropna(subset="distance_px").astype({"distance_px": float})
    of = [known.loc[known["keypoint"] == name, "distance_px"].to_numpy() for name in keypoints]
    figure = Figure(figsize=(8 + 0.3 * len(keypoints), 3.8))
    left, right = figure.subplots(1, 2)
    every = np.sort(known["distance_px"].to_numpy())
    limit = min(every.max(), 3 * np.quantile(every, 0.95)) * 1.03 or 1.0 if len(every) else 1.0  # a slip would hide all else
    for values, name, color, width in [
        *zip(map(np.sort, of), keypoints, keypoint_colors(len(keypoints), "turbo"), [1.2] * len(keypoints)),
        (every, "all", "black", 2.0),
    ]:
        if len(values):
            left.step([0, *values], np.arange(len(values) + 1) / len(values), where="post", color=color, lw=width, label=name)
    left.set(xlabel="distance between two people / px", ylabel="share of points", ylim=(0, 1.02), xlim=(0, limit))
    if len(every):
        left.legend(frameon=False, fontsize=8, loc="lower right")
    boxes = right.boxplot(of, patch_artist=True, medianprops={"color": "black"}, flierprops={"marker": ".", "markersize": 4})
    for box, color in zip(boxes["boxes"], keypoint_colors(len(keypoints), "turbo")):
        box.set(facecolor=color, alpha=0.6)
    right.set_xticks(range(1, len(keypoints) + 1), keypoints, rotation=25, ha="right")
    right.set(ylabel="distance between two people / px", ylim=(0, limit))
    people = sorted({*table["first"], *table["second"]})
    median = f"median {np.median(every):.2f} px" if len(every) else "nothing that two people labelled"
    beyond = f", {n} of them beyond the axes" if (n := int((every > limit).sum())) else ""
    figure.suptitle(f"{', '.join(people) or 'scorers'}: {len(every)} points, {median}{beyond}", fontsize="medium")
    save_figure(figure, figure_file, 120)
