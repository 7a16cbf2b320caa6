import json
from html.parser import HTMLParser

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from fixtures.helpers import blob

from posemake.config import settings
from posemake.config.video_metadata import VideoMetadata
from posemake.core.json_files import read_json
from posemake.evaluation.evaluate import EvaluateInputs, EvaluateOutputs, evaluate_model
from posemake.evaluation.model_page import ModelPageInputs, ModelPageOutputs, compare_with_people, report_model
from posemake.evaluation.summary import read_summary, write_summary
from posemake.networks.build import make_network
from posemake.networks.model_file import save_model

KEYPOINTS = ["head", "tail"]
VIDEOS = {"a": VideoMetadata(subject="m1", group="x<y"), "b": VideoMetadata(subject="m2", group="NA"), "c": VideoMetadata()}
FILES = {
    "metrics": "metrics.csv", "errors": "errors.csv", "summary": "evaluation.json", "examples": "examples.png",
    "errors_png": "errors.png", "cumulative": "cumulative.png", "calibration": "calibration.png",
}  # fmt: skip


class Page(HTMLParser):
    """Links, text and unclosed elements of a page."""

    def __init__(self, page):
        super().__init__()
        self.links, self.text, self.open = [], "", []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("href", "src")]
        if tag not in ("meta", "img", "html"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag != "html":
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """Evaluate a network without training on labelled frames of three videos."""
    folder = tmp_path_factory.mktemp("evaluated") / "small"
    rng, labels, split = np.random.default_rng(1), [], []
    for video in VIDEOS:
        (folder / f"labels/round-0/{video}").mkdir(parents=True)
        for i in range(12):
            points = rng.uniform(8, 40, (2, 2))
            image = sum(blob((64, 48), point) for point in points).clip(0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / f"labels/round-0/{video}/img{i}.png"), np.repeat(image[..., None], 3, 2))
            cells = [*points[0].tolist(), 2, *([*points[1].tolist(), 2] if i != 5 else [None, None, 0])]
            labels.append([0, video, f"img{i}.png", i, *cells])
            part = "test" if video != "c" and i < 6 else "validation" if i < 8 else "train"
            split.append([video, f"img{i}.png", i, f"{video}/{i // 2}", part])
    columns = [f"{name}.{column}" for name in KEYPOINTS for column in ("x", "y", "visibility")]
    pd.DataFrame(labels, columns=["round", "video", "image", "frame", *columns]).to_csv(folder / "labels.csv", index=False)
    pd.DataFrame(split, columns=["video", "image", "frame", "unit", "part"]).to_csv(folder / "split.csv", index=False)
    torch.manual_seed(1)
    values = settings.Model(scale=1.0).model_dump()
    save_model(folder / "weights.pt", make_network(settings.Model(), KEYPOINTS), values, KEYPOINTS)
    pd.DataFrame({"step": [100, 200], "validation_error": [8.0, 7.0]}).to_csv(folder / "history.csv", index=False)
    for figure in ("learning_curve.png", "augmentation.jpg"):
        (folder / figure).touch()
    inputs = EvaluateInputs(folder / "weights.pt", folder / "labels.csv", folder / "split.csv", folder / "labels")
    outputs = EvaluateOutputs(**{name: folder / file for name, file in FILES.items()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POSEMAKE_DEVICE", "cpu")
        evaluate_model(inputs, outputs, settings.Evaluate(), VIDEOS)
    return folder, outputs


def page_of(folder, unit="block", round_number=0, scorers=None, repeats=None):
    """Write the page of the evaluated model; return its source."""
    inputs = ModelPageInputs(
        split=folder / "split.csv",
        history=folder / "history.csv",
        metrics=folder / "metrics.csv",
        errors=folder / "errors.csv",
        summary=folder / "evaluation.json",
        scorers=scorers,
        repeats=repeats,
    )
    split = settings.Split(unit=unit)
    report_model(inputs, ModelPageOutputs(folder / "index.html"), split, VIDEOS, round_number, "../index.html")
    return (folder / "index.html").read_text()


def test_rows_of_the_metrics_follow_from_the_errors(evaluated):
    _, files = evaluated
    table = pd.read_csv(files.metrics, keep_default_na=False, na_values=[""]).set_index(["part", "by", "value", "keypoint"])
    errors = pd.read_csv(files.errors)
    assert table.index.is_unique and len(table) == 3 * (3 + 2 + 2 + 2)
    for part, points in errors.groupby("part"):
        for name in ["all", *KEYPOINTS]:
            distances = points[points["keypoint"].isin([name] if name != "all" else KEYPOINTS)]["error_px"]
            row = table.loc[(part, "all", "all", name)]
            assert (row["n"], row["mean"]) == (len(distances), pytest.approx(distances.mean(), rel=1e-4))
            assert row["rmse"] == pytest.approx(np.sqrt((distances**2).mean()), rel=1e-4)
            assert row["mean_low"] < row["mean"] < row["mean_high"]
    test = errors[errors["part"] == "test"]
    for video, row in VIDEOS.items():
        mean = test[test["video"] == video]["error_px"].mean()
        for by, value in (("video", video), ("subject", row.subject), ("group", row.group)):
            if video == "c":  # no frame of it is tested
                assert ("test", by, value, "all") not in table.index
            else:
                assert table.loc[("test", by, value, "all"), "mean"] == pytest.approx(mean, rel=1e-4)
    assert table.loc[("test", "video", "a", "all"), "n_oks"] == 5  # a frame with one label has no scale
    assert np.isnan(table.loc[("test", "video", "a", "all"), "mean_low"])  # three blocks are too few


def test_the_summary_states_how_the_errors_were_measured(evaluated):
    folder, files = evaluated
    summary = read_json(files.summary)
    assert summary["reference"]["keypoints"] == KEYPOINTS and set(summary["reference"]["px"]) == set(VIDEOS)
    assert summary["oks_sigmas"] == {"head": 0.1, "tail": 0.1}
    judged = (pd.read_csv(files.errors)["part"] != "train").sum()
    assert summary["calibration"]["suggested"]["points"] == sum(row["n"] for row in summary["calibration"]["bins"]) == judged
    assert summary["groups"]["group"]["groups"] == {"NA": 3, "x<y": 3} and summary["groups"]["group"]["p"] is not None
    assert str(folder) not in json.dumps(summary)


def test_the_summary_is_read_as_it_was_written(evaluated, tmp_path):
    _, files = evaluated
    summary = read_summary(files.summary)
    assert summary.settings == settings.Evaluate() and summary.model.keypoints == KEYPOINTS
    write_summary(tmp_path / "again.json", summary)
    assert (tmp_path / "again.json").read_bytes() == files.summary.read_bytes()


@pytest.mark.parametrize("unit", ["block", "video", "subject"])
def test_the_page_is_whole(evaluated, tmp_path, unit):
    folder, files = evaluated
    errors = pd.read_csv(files.errors)
    points = errors[["video", "image", "keypoint"]].assign(distance_px=1.5)
    points.to_csv(tmp_path / "points.csv", index=False)
    source = page_of(folder, unit, round_number=2, scorers=tmp_path / "points.csv" if unit == "block" else None)
    page = Page(source)
    assert page.open == [] and "{{" not in source and str(folder) not in source
    assert "../index.html" in page.links and set(FILES.values()) | {
        "history.csv",
        "learning_curve.png",
        "augmentation.jpg",
    } <= set(page.links)
    assert all((folder / link).is_file() for link in page.links if link != "../index.html")
    meaning = {
        "block": "other moments",
        "video": "recordings that the model was not",
        "subject": "animals that the model was not",
    }
    assert meaning[unit] in page.text and "The test part is small (12 frames in 6 units)" in page.text
    assert "There is no test frame of c." in page.text and "x<y" in page.text and "learning_rate" in page.text
    assert ("disagreement of people" in page.text) == (unit == "block")


def test_the_model_is_compared_with_people_on_the_same_points():
    errors = pd.DataFrame(
        [["a", "1", "test", "head", 4.0], ["a", "2", "test", "head", 8.0], ["a", "3", "train", "head", 1.0]],
        columns=["video", "image", "part", "keypoint", "error_px"],
    )
    points = pd.DataFrame(
        [["a", "1", "head", 2.0], ["a", "1", "head", 4.0], ["a", "3", "head", 1.0], ["a", "2", "head", np.nan]],
        columns=["video", "image", "keypoint", "distance_px"],
    )
    row = compare_with_people(errors, points, KEYPOINTS).set_index("keypoint").loc["head"]
    assert (row["n_people"], row["people_mean"], row["model_mean"]) == (2, 2.0, 6.0)  # three people's pairs are one point
    assert (row["same_n"], row["same_people_mean"], row["same_model_mean"]) == (1, 3.0, 4.0)


def test_the_page_shows_repeats(evaluated, tmp_path):
    folder, _ = evaluated
    rows = [["small", "model", 12, 12, 6, 23, 4.0, 3.0, 5.0, 3.5], ["seed-2", "seed", 12, 12, 6, 23, 5.0, 4.5, 6.0, 4.0]]
    rows += [["seeds", "mean", 12, 12, *[None] * 2, 4.5, None, None, 3.75], ["seeds", "sd", *[None] * 4, 0.71, None, None, 0.35]]
    columns = ["repeat", "kind", "train", "test", "blocks", "n", "mean", "mean_low", "mean_high", "median"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "repeats.csv", index=False)
    without, page = (Page(page_of(folder, repeats=repeats)) for repeats in (None, tmp_path / "repeats.csv"))
    assert page.open == [] and {"repeats.csv", "repeats.png"} <= {*page.links} - {*without.links}
    assert "Repeats" not in without.text and "Repeats" in page.text
    assert "4 (3 – 5)" in page.text and "over 2 trainings that differ only in the seed" in page.text
    assert "nan" not in page.text.split("Repeats")[1].split("Confidence")[0]
