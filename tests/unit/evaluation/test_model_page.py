import json
from html.parser import HTMLParser
from types import SimpleNamespace

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from fixtures.helpers import blob

from posemake.config import settings
from posemake.core.json_files import read_json
from posemake.evaluation.evaluate import evaluate_model
from posemake.evaluation.model_page import beside_people, report_model
from posemake.models.learning_curve import plot_learning_curve
from posemake.models.trainer import HISTORY_COLUMNS
from posemake.networks.model_file import make_network, save_model

KEYPOINTS = ["head", "tail"]
SHEET = {"a": {"subject": "m1", "group": "x<y"}, "b": {"subject": "m2", "group": "NA"}, "c": {"subject": None, "group": None}}
FILES = {
    "metrics": "metrics.csv", "errors": "errors.csv", "summary": "evaluation.json", "examples": "examples.png",
    "errors_png": "errors.png", "cumulative": "cumulative.png", "calibration": "calibration.png",
}  # fmt: skip


class Page(HTMLParser):
    """What a page links to and embeds, its words, and the elements that are opened and not closed."""

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
    """Labelled frames of three videos and a network that knows nothing, evaluated."""
    folder = tmp_path_factory.mktemp("evaluated") / "small"
    rng, labels, split = np.random.default_rng(1), [], []
    for video in SHEET:
        (folder / f"labels/round-0/{video}").mkdir(parents=True)
        for i in range(12):
            points = rng.uniform(8, 40, (2, 2))
            image = sum(blob((64, 48), point) for point in points).clip(0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / f"labels/round-0/{video}/img{i}.png"), np.repeat(image[..., None], 3, 2))
            cells = [*points[0].tolist(), *(points[1].tolist() if i != 5 else [None, None])]
            labels.append([0, video, f"img{i}.png", i, *cells])
            part = "test" if video != "c" and i < 6 else "validation" if i < 8 else "train"
            split.append([video, f"img{i}.png", i, f"{video}/{i // 2}", part])
    columns = [f"{name}.{axis}" for name in KEYPOINTS for axis in "xy"]
    pd.DataFrame(labels, columns=["round", "video", "image", "frame", *columns]).to_csv(folder / "labels.csv", index=False)
    pd.DataFrame(split, columns=["video", "image", "frame", "unit", "part"]).to_csv(folder / "split.csv", index=False)
    torch.manual_seed(1)
    values = settings.plain(settings.Model, {"scale": 1.0})
    save_model(folder / "weights.pt", make_network(settings.Model(), KEYPOINTS), values, KEYPOINTS)
    rows = [dict.fromkeys(HISTORY_COLUMNS, 9.0 - s / 100) | {"step": s} for s in (100, 200)]
    pd.DataFrame(rows).to_csv(folder / "history.csv", index=False)
    shown = [folder / name for name in ("history.csv", "labels.csv", "split.csv", "learning_curve.png", "diagnosis.json")]
    plot_learning_curve(*map(str, shown), values)
    (folder / "augmentation.jpg").touch()
    files = SimpleNamespace(**{name: str(folder / file) for name, file in FILES.items()})
    files.weights, files.labels, files.split, files.history = (
        str(folder / name) for name in ("weights.pt", "labels.csv", "split.csv", "history.csv")
    )
    files.scorers, files.repeats = [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POSEMAKE_DEVICE", "cpu")
        evaluate_model(files, str(folder / "labels"), files, settings.plain(settings.Evaluate), SHEET)
    return folder, files


def test_rows_of_the_metrics_follow_from_the_errors(evaluated):
    _, files = evaluated
    table = pd.read_csv(files.metrics, keep_default_na=False, na_values=[""]).set_index(["part", "by", "value", "keypoint"])
    errors = pd.read_csv(files.errors)
    assert table.index.is_unique and len(table) == 3 * (3 + 2 + 2 + 2)
    for part, of in errors.groupby("part"):
        for name in ["all", *KEYPOINTS]:
            distances = of[of["keypoint"].isin([name] if name != "all" else KEYPOINTS)]["error_px"]
            row = table.loc[(part, "all", "all", name)]
            assert (row["n"], row["mean"]) == (len(distances), pytest.approx(distances.mean(), rel=1e-4))
            assert row["rmse"] == pytest.approx(np.sqrt((distances**2).mean()), rel=1e-4)
            assert row["mean_low"] < row["mean"] < row["mean_high"]
    test = errors[errors["part"] == "test"]
    for video, row in SHEET.items():
        mean = test[test["video"] == video]["error_px"].mean()
        for by, value in (("video", video), ("subject", row["subject"]), ("group", row["group"])):
            if video == "c":  # no frame of it is tested
                assert ("test", by, value, "all") not in table.index
            else:
                assert table.loc[("test", by, value, "all"), "mean"] == pytest.approx(mean, rel=1e-4)
    assert table.loc[("test", "video", "a", "all"), "n_oks"] == 5  # a frame with one label has no scale
    assert np.isnan(table.loc[("test", "video", "a", "all"), "mean_low"])  # three blocks are too few


def test_what_the_errors_were_measured_with(evaluated):
    folder, files = evaluated
    told = read_json(files.summary)
    assert told["reference"]["keypoints"] == KEYPOINTS and set(told["reference"]["px"]) == set(SHEET)
    assert told["oks_sigmas"] == {"head": 0.1, "tail": 0.1}
    judged = (pd.read_csv(files.errors)["part"] != "train").sum()
    assert told["calibration"]["suggested"]["points"] == sum(row["n"] for row in told["calibration"]["bins"]) == judged
    assert told["groups"]["group"]["groups"] == {"NA": 3, "x<y": 3} and told["groups"]["group"]["p"] is not None
    assert str(folder) not in json.dumps(told)


@pytest.mark.parametrize("unit", ["block", "video", "subject"])
def test_the_page_is_whole(evaluated, tmp_path, unit):
    folder, files = evaluated
    errors = pd.read_csv(files.errors)
    points = errors[["video", "image", "keypoint"]].assign(distance_px=1.5)
    points.to_csv(tmp_path / "points.csv", index=False)
    given = SimpleNamespace(**vars(files) | {"scorers": [str(tmp_path / "points.csv")] if unit == "block" else []})
    values = {"round": 2, "split": settings.plain(settings.Split, {"unit": unit}), "index": "../index.html"}
    report_model(given, str(folder / "index.html"), values, SHEET)
    source = (folder / "index.html").read_text()
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
    assert "No test frame is of c." in page.text and "x<y" in page.text and "learning_rate" in page.text
    assert ("disagreement of people" in page.text) == (unit == "block")


def test_the_model_beside_people_on_the_same_points():
    errors = pd.DataFrame(
        [["a", "1", "test", "head", 4.0], ["a", "2", "test", "head", 8.0], ["a", "3", "train", "head", 1.0]],
        columns=["video", "image", "part", "keypoint", "error_px"],
    )
    points = pd.DataFrame(
        [["a", "1", "head", 2.0], ["a", "1", "head", 4.0], ["a", "3", "head", 1.0], ["a", "2", "head", np.nan]],
        columns=["video", "image", "keypoint", "distance_px"],
    )
    row = beside_people(errors, points, KEYPOINTS).set_index("keypoint").loc["head"]
    assert (row["n_people"], row["people_mean"], row["model_mean"]) == (2, 2.0, 6.0)  # three people's pairs are one point
    assert (row["same_n"], row["same_people_mean"], row["same_model_mean"]) == (1, 3.0, 4.0)


def test_the_page_shows_repeats(evaluated, tmp_path):
    folder, files = evaluated
    rows = [["small", "model", 12, 12, 6, 23, 4.0, 3.0, 5.0, 3.5], ["seed-2", "seed", 12, 12, 6, 23, 5.0, 4.5, 6.0, 4.0]]
    rows += [["seeds", "mean", 12, 12, *[None] * 2, 4.5, None, None, 3.75], ["seeds", "sd", *[None] * 4, 0.71, None, None, 0.35]]
    columns = ["repeat", "kind", "train", "test", "blocks", "n", "mean", "mean_low", "mean_high", "median"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "repeats.csv", index=False)
    values = {"round": 0, "split": settings.plain(settings.Split), "index": "../index.html"}
    found = []
    for repeats in ([], [str(tmp_path / "repeats.csv"), str(tmp_path / "repeats.png")]):
        report_model(SimpleNamespace(**vars(files) | {"repeats": repeats}), str(folder / "index.html"), values, SHEET)
        found.append(Page((folder / "index.html").read_text()))
    without, page = found
    assert page.open == [] and {"repeats.csv", "repeats.png"} <= {*page.links} - {*without.links}
    assert "Repeats" not in without.text and "Repeats" in page.text
    assert "4 (3 – 5)" in page.text and "over 2 trainings that differ in nothing but the seed" in page.text
    assert "nan" not in page.text.split("Repeats")[1].split("Confidence")[0]
