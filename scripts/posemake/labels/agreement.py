"""Agreement of people who labelled the same frames (K keypoints)."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posemake.analysis.metrics import distances
from posemake.core.log import logger
from posemake.core.paths import StrPath
from posemake.core.plural import count_noun
from posemake.core.round_path import parse_round_folder
from posemake.core.tables import write_rows
from posemake.data.label_decisions import combine_decisions, read_decisions
from posemake.data.label_files import check_keypoints, find_label_files, label_file_scorer, read_labels
from posemake.plotting.colors import keypoint_colors
from posemake.plotting.style import save_figure, style_context

POINT_COLUMNS = ["round", "video", "image", "keypoint", "first", "second", "distance_px", "only"]
SUMMARY_COLUMNS = ["first", "second", "keypoint", "n", "mean", "median", "p95", "max", "only_one"]
FRAME_COLUMNS = ["round", "video", "image", "worst", "max_px", "mean_px", "only_one"]


@dataclass(frozen=True)
class AgreementInputs:
    """Files that `compare_scorers` reads."""

    labels: Sequence[StrPath]  # `…/round-<r>/<video>/CollectedData_<scorer>.csv` or `.h5`


@dataclass(frozen=True)
class AgreementOutputs:
    """Files that `compare_scorers` writes."""

    points: StrPath  # distance in pixels, or who alone has the point, for each pair of people, image and keypoint (CSV)
    summary: StrPath  # for each pair and keypoint, and `all`: statistics of the distances, number of points of one alone (CSV)
    frames: StrPath  # a row per image, those to look at again first (CSV)
    figure: StrPath  # share of points over the distance, and distances by keypoint (PNG)


def _read_done(path: Path, keypoints: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the positions (K, 2) of the images that a person finished; what others will lack is not known yet."""
    labels = read_labels(path)
    check_keypoints(labels, keypoints, path)
    decided = combine_decisions(labels, read_decisions(path), keypoints)
    return {image: xy for image, xy, done in zip(decided.images, decided.xy, decided.done) if done}


def compare_folder(folder: Path, keypoints: Sequence[str]) -> pd.DataFrame:
    """Return the distances between all pairs of people who labelled a folder, a row of `POINT_COLUMNS` per image and keypoint.

    A point that one of the two left out has no distance, and names who alone has it. A point that both left out has no row.
    """
    number, video = parse_round_folder(folder)
    people = {label_file_scorer(path): _read_done(path, keypoints) for path in find_label_files(folder)}
    rows = []
    for first, second in itertools.combinations(sorted(people), 2):
        for image in sorted(people[first].keys() & people[second].keys()):
            one, other = people[first][image], people[second][image]
            for k, distance in enumerate(distances(one, other).tolist()):
                has_first, has_second = np.isfinite(one[k, 0]), np.isfinite(other[k, 0])
                if has_first or has_second:
                    only = None if has_first and has_second else first if has_first else second
                    rows.append([number, video, image, keypoints[k], first, second, distance, only])
    return pd.DataFrame(rows, columns=POINT_COLUMNS)


@style_context()
def compare_scorers(inputs: AgreementInputs, outputs: AgreementOutputs, keypoints: Sequence[str]) -> None:
    """Write how far apart people place the same points; folders of one person are left out.

    Parameters
    ----------
    inputs
        Files to read.
    outputs
        Files to write.
    keypoints
        Names (K,) in the order of the config.
    """
    folders = sorted({Path(path).parent for path in inputs.labels}, key=str)
    tables = [table for table in (compare_folder(folder, keypoints) for folder in folders) if len(table)]
    points = pd.concat(tables or [pd.DataFrame(columns=POINT_COLUMNS)])
    write_rows(outputs.points, POINT_COLUMNS, points.itertuples(index=False))
    write_rows(outputs.summary, SUMMARY_COLUMNS, summarise_points(points, keypoints))
    write_rows(outputs.frames, FRAME_COLUMNS, rank_frames(points).itertuples(index=False))
    draw_agreement(points, keypoints, outputs.figure)
    logger.info("%d points of %d images are compared", points["distance_px"].notna().sum(), points["image"].nunique())


def summarise_points(points: pd.DataFrame, keypoints: Sequence[str]) -> list[list[object]]:
    """Return a row of `SUMMARY_COLUMNS` per pair of people and keypoint, and for `all` keypoints together."""
    rows: list[list[object]] = []
    for (first, second), pair in points.groupby(["first", "second"]):
        for name in ["all", *keypoints]:
            selected = pair if name == "all" else pair[pair["keypoint"] == name]
            known = selected["distance_px"].dropna()
            statistics = [known.mean(), known.median(), known.quantile(0.95), known.max()]
            rows.append([first, second, name, len(known), *map(float, statistics), int(selected["only"].notna().sum())])
    return rows


def rank_frames(points: pd.DataFrame) -> pd.DataFrame:
    """Return a row of `FRAME_COLUMNS` per image: greatest distance first, then those with points that only one person has."""
    rows = []
    for (number, video, image), frame in points.groupby(["round", "video", "image"]):
        known = frame.loc[frame["distance_px"].notna(), ["keypoint", "distance_px"]]
        distance = known["distance_px"]
        worst = known["keypoint"].iloc[int(distance.to_numpy(float).argmax())] if len(known) else None
        rows.append([number, video, image, worst, distance.max(), distance.mean(), int(frame["only"].notna().sum())])
    ranked = pd.DataFrame(rows, columns=FRAME_COLUMNS)
    order = ["max_px", "only_one", "round", "video", "image"]
    return ranked.sort_values(order, ascending=[False, False, True, True, True], na_position="last")


def _draw_shares(axes: Axes, by_keypoint: dict[str, np.ndarray], distances_px: np.ndarray, limit: float) -> None:
    """Draw the share of points within each distance, a line per keypoint, and one for all in black."""
    colors = keypoint_colors(len(by_keypoint), "turbo")
    lines = [(name, np.sort(values), color, 1.2) for (name, values), color in zip(by_keypoint.items(), colors)]
    for name, values, color, width in [*lines, ("all", distances_px, "black", 2.0)]:
        if len(values):
            shares = np.arange(len(values) + 1) / len(values)
            axes.step([0, *values], shares, where="post", color=color, lw=width, label=name)
    axes.set(xlabel="distance between two people / px", ylabel="share of points", ylim=(0, 1.02), xlim=(0, limit))
    if len(distances_px):
        axes.legend(frameon=False, fontsize=8, loc="lower right")


def draw_agreement(points: pd.DataFrame, keypoints: Sequence[str], path: StrPath) -> None:
    """Draw the distances of all pairs of people together.

    Parameters
    ----------
    points
        Rows of `POINT_COLUMNS`.
    keypoints
        Names (K,).
    path
        PNG to write.
    """
    known = points.dropna(subset="distance_px").astype({"distance_px": float})
    by_keypoint = {name: known.loc[known["keypoint"] == name, "distance_px"].to_numpy() for name in keypoints}
    distances_px = np.sort(known["distance_px"].to_numpy())
    # one gross mistake would squeeze all other distances together
    limit = min(distances_px.max(), 3 * np.quantile(distances_px, 0.95)) * 1.03 or 1.0 if len(distances_px) else 1.0
    figure = Figure(figsize=(8 + 0.3 * len(keypoints), 3.8))
    left, right = figure.subplots(1, 2)
    _draw_shares(left, by_keypoint, distances_px, limit)
    boxes = right.boxplot(
        list(by_keypoint.values()),
        patch_artist=True,
        medianprops={"color": "black"},
        flierprops={"marker": ".", "markersize": 4},
    )
    for box, color in zip(boxes["boxes"], keypoint_colors(len(keypoints), "turbo")):
        box.set(facecolor=color, alpha=0.6)
    right.set_xticks(range(1, len(keypoints) + 1), keypoints, rotation=25, ha="right")
    right.set(ylabel="distance between two people / px", ylim=(0, limit))
    people = sorted({*points["first"], *points["second"]})
    median = f"median {np.median(distances_px):.2f} px" if len(distances_px) else "no point was labelled by two people"
    beyond = f", {n} of them beyond the axes" if (n := int((distances_px > limit).sum())) else ""
    figure.suptitle(
        f"{', '.join(people) or 'scorers'}: {count_noun(len(distances_px), 'point')}, {median}{beyond}", fontsize="medium"
    )
    save_figure(figure, path, 120)
