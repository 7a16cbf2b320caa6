"""The stage that compares a model with the labels (N frames, K keypoints)."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from posemake.dataset import PARTS, read_image, read_labelled
from posemake.engine import Predictor, load_model
from posemake.files import write_rows
from posemake.log import progress
from posemake.metrics import distances, summarise
from posemake.settings import Evaluate, make
from posemake.style import keypoint_colors, save_figure


def evaluate_model(
    model_file: str,
    labels_file: str,
    split_file: str,
    labels_dir: str,
    metrics_file: str,
    errors_file: str,
    examples: str,
    errors_png: str,
    settings: dict[str, Any],
) -> None:
    """Predict every labelled frame and write figures per part and keypoint, the distances, and two pictures.

    Files
    -----
    metrics_file
        CSV, a row per part and keypoint (``all`` first), columns of ``metrics.summarise``.
    errors_file
        CSV, a row per frame and labelled keypoint: distance in pixels and confidence.
    examples
        PNG of the worst, the median and the best test frames.
    errors_png
        PNG of the distances by keypoint and part.
    """
    wanted = make(Evaluate, settings)
    frames = read_labelled(labels_file, split_file, labels_dir)
    labelled, parts, paths = frames.xy, frames.parts, frames.paths.tolist()
    predictor = Predictor(load_model(model_file))
    names = predictor.keypoints
    found, confidence = np.empty_like(labelled), np.empty(labelled.shape[:2])
    for i, path in enumerate(progress(paths, len(paths), "labelled frames")):
        found[i : i + 1], confidence[i : i + 1] = predictor([read_image(path)])
    error = distances(found, labelled)

    rows = []
    for part in PARTS:
        for k, name in [(slice(None), "all"), *enumerate(names)]:
            rows.append(
                {
                    "part": part,
                    "keypoint": name,
                    **summarise(error[parts == part][:, k], confidence[parts == part][:, k], wanted.threshold, wanted.pck),
                }
            )
    columns = list(rows[0])
    write_rows(metrics_file, columns, ([row[c] for c in columns] for row in rows))
    labelled_points = np.argwhere(np.isfinite(error)).tolist()
    keyed = list(frames.keys.itertuples(index=False))
    write_rows(
        errors_file,
        ["video", "image", "part", "keypoint", "error_px", "confidence"],
        (
            [keyed[n].video, keyed[n].image, parts[n], names[k], float(error[n, k]), float(confidence[n, k])]
            for n, k in labelled_points
        ),
    )
    _draw_examples(paths, parts, error, labelled, found, confidence, names, wanted.threshold, examples)
    _draw_errors(parts, error, names, errors_png)


def _draw_examples(paths, parts, error, labelled, found, confidence, names, threshold, out) -> None:
    mean = np.array([np.nanmean(e) if np.isfinite(e).any() else np.nan for e in error])
    test = [n for n in np.argsort(-mean) if parts[n] == "test" and np.isfinite(mean[n])]
    middle = max(0, len(test) // 2 - 1)
    rows = [("worst", test[:3]), ("median", test[middle : middle + 3]), ("best", test[::-1][:3])]
    colors = keypoint_colors(len(names), "turbo")
    figure = Figure(figsize=(10, 8))
    grid = figure.subplots(3, 3)
    for axes in grid.flat:
        axes.set_axis_off()
    for line, (title, frames) in zip(grid, rows):
        for axes, n in zip(line, frames):
            image = read_image(paths[n])
            axes.imshow(image)
            for k, rgb in enumerate(colors):
                axes.plot(*labelled[n, k], "+", color=rgb, ms=9, mew=1.4)
                axes.plot(*found[n, k], "o", mfc="none", mec=rgb, ms=6, alpha=1.0 if confidence[n, k] >= threshold else 0.35)
            axes.set_title(f"{title}: {mean[n]:.1f} px, {Path(paths[n]).parent.name}/{Path(paths[n]).stem}", fontsize=8)
            points = labelled[n][np.isfinite(labelled[n, :, 0])]
            margin = max(30.0, 0.6 * float(np.ptp(points, axis=0).max()))
            axes.set_xlim(max(-0.5, points[:, 0].min() - margin), min(image.shape[1] - 0.5, points[:, 0].max() + margin))
            axes.set_ylim(min(image.shape[0] - 0.5, points[:, 1].max() + margin), max(-0.5, points[:, 1].min() - margin))
    figure.suptitle("test frames: + label, ○ prediction (pale: below the confidence threshold)", fontsize=9)
    save_figure(figure, out, 110)


def _draw_errors(parts, error, names, out) -> None:
    figure = Figure(figsize=(1.6 + 1.1 * len(names), 3.6))
    axes = figure.subplots()
    width = 0.26
    for i, part in enumerate(PARTS):
        values = [e[np.isfinite(e)] for e in error[parts == part].T]
        boxes = axes.boxplot(
            values,
            positions=np.arange(len(names)) + (i - 1) * width,
            widths=0.8 * width,
            flierprops={"marker": ".", "markersize": 3, "markeredgecolor": f"C{i}"},
            medianprops={"color": "black"},
            patch_artist=True,
        )
        for box in boxes["boxes"]:
            box.set(facecolor=f"C{i}", alpha=0.6, label=part if box is boxes["boxes"][0] else None)
    axes.set_xticks(range(len(names)), names, rotation=20)
    axes.set(ylabel="distance to the label / px", yscale="log")
    axes.legend(frameon=False, fontsize=8)
    save_figure(figure, out, 120)
