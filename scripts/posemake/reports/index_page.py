"""Page of all results, which a user opens first. It links to results by relative paths and holds none itself."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from posemake.analysis.pose_quality import LEAST_NOTABLE, find_conspicuous_videos
from posemake.core.atomic import write_text
from posemake.core.paths import StrPath
from posemake.core.plural import count_noun
from posemake.core.sampling import MAX_SHOWN_VIDEOS, pick_evenly
from posemake.data.tables import read_table
from posemake.plotting.html import render_page

WORST = 5  # videos in the table of those with the fewest confident points
TEXT = ("video", "subject", "session", "group", "speed_note")

TEST_COLUMNS = ["keypoint", "n", "mean", "mean_low", "mean_high", "median", "rmse", "p90", "confident", "mean_confident"]
SOURCE_COLUMNS = ["video", "subject", "group", "codec", "width", "height", "fps", "frames", "duration", "standardised", "fault"]
POSE_COLUMNS = [
    "video",
    "subject",
    "group",
    "frames",
    "duration",
    "confident",
    "filled",
    "missing",
    "complete",
    "speed_px_per_s",
    "speed_mm_per_s",
    "speed_note",
    "step_median_px",
    "step_p99_px",
    "jitter_px",
    "jumps",
    "bone_spread",
]


@dataclass(frozen=True)
class IndexInputs:
    """Files that `write_index` reads."""

    videos: StrPath | None  # table of the source videos (CSV); None if no video is there
    split: StrPath  # parts of the split (CSV)
    metrics: Sequence[StrPath]  # metrics of each model, `…/<model>/metrics.csv`
    histories: Sequence[StrPath]  # course of each model's training (CSV)
    tables: Sequence[StrPath]  # poses of all videos by each model that predicts, `…/<model>.csv`


@dataclass(frozen=True)
class IndexOutputs:
    """Files that `write_index` writes."""

    index: StrPath  # page (HTML) in the folder that holds all results


@dataclass(frozen=True)
class ResultFolders:
    """Folders that the page links to."""

    models: StrPath  # holds a folder per model
    poses: StrPath  # holds a folder per model, with a folder per video


@dataclass(frozen=True)
class TestedModel:
    """Section of a model on the page."""

    name: str
    folder: str  # relative to the page
    test: pd.DataFrame  # metrics of the test part by keypoint, first of all keypoints
    steps: int  # of its training

    @property
    def test_error(self) -> tuple[float, float]:
        """Median and mean error of the test part in pixels."""
        return float(self.test["median"].iloc[0]), float(self.test["mean"].iloc[0])


@dataclass(frozen=True)
class ShownVideo:
    """Card of a video on the page."""

    name: str
    folder: str  # relative to the page


@dataclass(frozen=True)
class PredictedVideos:
    """Section of the videos that a model was applied to."""

    name: str  # of the model
    table: str  # CSV, relative to the page
    groups: str  # CSV, relative to the page
    rows: pd.DataFrame  # of the videos shown
    worst: pd.DataFrame  # of the videos with the fewest confident points
    unsteady: list[str]  # sentences about conspicuous videos
    more: int  # videos that are not shown
    videos: list[ShownVideo]


def _columns_in_use(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return those of some columns that are not empty."""
    return table[[name for name in columns if table[name].notna().any()]]


def _tested_model(metrics: StrPath, history: StrPath, folder: str) -> TestedModel:
    """Return the section of a model.

    Parameters
    ----------
    metrics
        Its metrics, ``…/<model>/metrics.csv``.
    history
        Course of its training (CSV).
    folder
        Folder of the models, relative to the page.
    """
    name, table = Path(metrics).parent.name, read_table(metrics, TEXT)
    test = table[(table["part"] == "test") & (table["by"] == "all")]
    return TestedModel(name, f"{folder}/{name}", test[TEST_COLUMNS], int(read_table(history)["step"].iloc[-1]))


def _predicted_videos(path: StrPath, folder: str, root: Path) -> PredictedVideos:
    """Return the section of the videos that a model was applied to.

    Parameters
    ----------
    path
        Poses of all videos, ``…/<model>.csv``.
    folder
        Folder of the poses, relative to the page.
    root
        Folder of the page.
    """
    name, table = Path(path).stem, read_table(path, TEXT)
    shown = table.iloc[pick_evenly(range(len(table)))]
    measures = {measure: table[measure].to_numpy(float) for measure in LEAST_NOTABLE}
    return PredictedVideos(
        name=name,
        table=os.path.relpath(path, root),
        groups=os.path.relpath(Path(path).with_suffix(".by_group.csv"), root),
        rows=_columns_in_use(shown, POSE_COLUMNS),
        worst=_columns_in_use(table.nsmallest(WORST, "confident"), POSE_COLUMNS),
        unsteady=find_conspicuous_videos(table["video"].tolist(), measures)[:MAX_SHOWN_VIDEOS],
        more=max(0, len(table) - MAX_SHOWN_VIDEOS),
        videos=[ShownVideo(video, f"{folder}/{name}/{video}") for video in shown["video"]],
    )


def _large_figures(parts: pd.Series, videos: int, models: Sequence[TestedModel]) -> list[tuple[str, str]]:
    """Return the figures at the top of the page.

    Parameters
    ----------
    parts
        Part of each labelled frame.
    videos
        Number of source videos.
    models
        All models; the errors are those of the best.
    """
    frames = parts.value_counts()
    best = min(models, key=lambda model: (*model.test_error, model.name))
    median, mean = best.test_error
    labelled = ", ".join(f"{frames[part]} {part}" for part in ("train", "validation", "test"))
    return [
        (str(videos), "video" if videos == 1 else "videos"),
        (str(int(frames.sum())), f"labelled frames ({labelled})"),
        (str(sum(model.steps for model in models)), f"training steps, {count_noun(len(models), 'model')}"),
        (f"{median:.2f} px", f"median test error of {best.name}"),
        (f"{mean:.2f} px", "mean test error"),
    ]


def write_index(
    inputs: IndexInputs,
    outputs: IndexOutputs,
    folders: ResultFolders,
    round_number: int,
    keypoints: Sequence[str],
    plot_format: str,
) -> None:
    """Write the page of all results.

    Parameters
    ----------
    inputs
        Tables of the results.
    outputs
        The page.
    folders
        Folders of models and poses; they lie in the folder of the page.
    round_number
        Round of labelling.
    keypoints
        Names of the keypoints.
    plot_format
        Format of the figures of each video: png, svg or pdf. A browser cannot show pdf within a page.
    """
    root = Path(outputs.index).parent
    models_folder, poses_folder = (os.path.relpath(folder, root) for folder in (folders.models, folders.poses))
    models = [_tested_model(metrics, history, models_folder) for metrics, history in zip(inputs.metrics, inputs.histories)]
    sources = None if inputs.videos is None else read_table(inputs.videos, TEXT)
    parts = read_table(inputs.split)["part"]
    page = render_page(
        "reports/index.html.jinja",
        round=round_number,
        keypoints=keypoints,
        plots=plot_format,
        tiles=_large_figures(parts, 0 if sources is None else len(sources), models),
        models=models,
        predicted=[_predicted_videos(path, poses_folder, root) for path in inputs.tables],
        sources=None if sources is None else _columns_in_use(sources.head(MAX_SHOWN_VIDEOS), SOURCE_COLUMNS),
        more_sources=0 if sources is None else max(0, len(sources) - MAX_SHOWN_VIDEOS),
        shown=MAX_SHOWN_VIDEOS,
    )
    write_text(outputs.index, page)
