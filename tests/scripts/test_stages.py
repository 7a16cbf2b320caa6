"""Each stage through its script's ``main``, in the order of the data and without Snakemake, on two small videos."""

import json
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
import torch
import torchvision
from fixtures.stages import FRAMES, ROW, VIDEOS, outputs, predict, row, run, train
from workflow.tiny import MODEL, draw

from posemake.config import settings
from posemake.core.errors import PosemakeError
from posemake.core.json_files import read_json
from posemake.data.label_files import find_label_file, read_labels
from posemake.demo import motion as demo_walk
from posemake.networks.model_file import load_model

SKELETON = [["snout", "tail_base"]]
RENDERED = {"video": "labelled.mp4", "preview": "preview.mp4", "poster": "poster.png"}


@pytest.fixture(scope="module")
def tracks(project, model):
    """What is predicted and filtered."""
    raw = predict(project, model, "first")
    files = outputs(
        project / "poses/first", h5="filtered.h5", csv="filtered.csv", summary="summary.json", stretches="filtering.csv"
    )
    values = settings.Filter(threshold=0.0).model_dump()
    source = {"poses": raw["h5"], "times": raw["times"]}
    run("filter_poses", source, files, settings=values, row=row("fps", "px_per_mm"), skeleton=SKELETON)
    return {
        "raw": raw["h5"],
        "provenance": raw["provenance"],
        "video": raw["video"],
        "info": raw["info"],
        "standard": raw["standard"],
        "times": raw["times"],
        **files,
    }


def test_prepare(project):
    info = json.loads((project / "videos/slow_1/video.json").read_text())
    assert (info["frames"], info["width"], info["height"], info["fps"]) == (FRAMES, 160, 120, 30.0)
    assert np.allclose(np.load(project / "videos/slow_1/times.npy"), np.arange(FRAMES) / 30, atol=1e-3)
    assert not {"path", "host", "user"} & set(info) and str(project) not in json.dumps(info)


@pytest.mark.parametrize("video", VIDEOS)
def test_select_and_extract(project, video):
    folder = project / f"results/frames/round-0/{video}"
    table = pd.read_csv(folder / "frames.csv")
    assert len(table) == 10 and table["frame"].is_unique and table["frame"].between(4, 33).all()
    assert np.diff(table["frame"]).min() >= 3 and set(table["method"]) >= {"kmeans", "motion"}
    assert sorted(path.name for path in (folder / "images").iterdir()) == sorted(table["image"])
    assert pd.read_csv(folder / "candidates.csv")["frame"].tolist() == list(range(4, 34))
    assert read_json(folder / "selection.json") == {"asked": 10, "chosen": 10, "features": "thumbnail", "note": ""}
    assert all((folder / name).stat().st_size > 5000 for name in ("contact_sheet.jpg", "selection.png"))


def test_select_by_the_features_of_a_network(project, tmp_path):
    torch.save(torchvision.models.mobilenet_v2(num_classes=2).state_dict(), tmp_path / "weights.pt")
    folder = project / "videos/slow_1"
    source = {"video": "demo/slow_1.mp4", "info": f"{folder}/video.json", "standard": f"{folder}/standard"}
    values = settings.Frames(features="mobilenet_v2", weights=f"{tmp_path}/weights.pt", per_video=3).model_dump()
    of_row = row("start", "stop", "roi")
    files = run("embed_frames", source, outputs(tmp_path, features="features.npy"), settings=values, row=of_row)
    assert np.load(files["features"]).shape == (30, 320)
    chosen = outputs(tmp_path, frames="frames.csv", candidates="candidates.csv", selection="selection.json")
    run("select_frames", source | files, chosen, settings=values, row=of_row)
    assert read_json(chosen["selection"]) == {"asked": 3, "chosen": 3, "features": "mobilenet_v2", "note": ""}


def test_collect_and_split(project, labelled):
    table, split = pd.read_csv(labelled["labels"]), pd.read_csv(labelled["split"])
    assert len(table) == len(split) == 20 and set(split["part"]) == {"train", "validation", "test"}
    assert json.loads((project / "results/labels/state.json").read_text()) == {"chosen": 20, "labelled": 20, "open": {}}
    person = read_labels(find_label_file(project / "labels/round-0/slow_1"))
    of_video = table[table["video"] == "slow_1"]
    assert np.allclose(of_video.filter(regex=r"\.[xy]$").to_numpy().reshape(person.xy.shape), person.xy)


def test_train(project, labelled, model):
    history = pd.read_csv(model["history"])
    assert history["step"].tolist() == [2, 4] and np.isfinite(history.to_numpy()).all()
    saved = load_model(model["weights"])
    assert saved.keypoints == list(demo_walk.KEYPOINTS) and saved.settings["steps"] == MODEL["steps"]
    assert isinstance(saved.settings["scale"], float)
    assert [path.name[:20] for path in (project / "logs/tensorboard/first").iterdir()] == ["events.out.tfevents."]
    again = train(project, labelled, "again")
    assert Path(model["weights"]).read_bytes() == Path(again["weights"]).read_bytes()


def evaluate(project, model):
    """What the evaluation of the first model writes."""
    pngs = {
        "examples": "examples.png",
        "errors_png": "errors.png",
        "cumulative": "cumulative.png",
        "calibration": "calibration.png",
    }
    tables = {"metrics": "metrics.csv", "errors": "errors.csv", "summary": "evaluation.json"}
    files = outputs(project / "models/first", **tables, **pngs)
    return run("evaluate_model", model, files, settings=settings.Evaluate().model_dump(), sheet={})


def test_evaluate_and_learning_curve(project, model):
    files = evaluate(project, model)
    table = pd.read_csv(files["metrics"])
    metrics = table[table["by"] == "all"].set_index(["part", "keypoint"])
    errors = pd.read_csv(files["errors"])
    for part in ("train", "validation", "test"):
        distances = errors[errors["part"] == part]["error_px"]
        assert metrics.loc[(part, "all"), "n"] == len(distances)
        assert metrics.loc[(part, "all"), "mean"] == pytest.approx(distances.mean(), rel=1e-4)
        assert metrics.loc[(part, "all"), "rmse"] == pytest.approx(np.sqrt((distances**2).mean()), rel=1e-4)
    curve = outputs(project / "models/first", png="learning_curve.png", diagnosis="diagnosis.json")
    run("plot_learning_curve", model, curve, settings=settings.Model(**MODEL).model_dump())
    assert {"too few data", "too few validations"} == {finding["name"] for finding in read_json(curve["diagnosis"])["findings"]}
    sheet = outputs(project / "models/first", jpg="augmentation.jpg")
    run("plot_augmentation", model, sheet, settings=settings.Model(**MODEL).model_dump())
    values = {"round": 0, "split": settings.Split().model_dump(), "index_page": "index.html"}
    source = model | files | {"scorers": [], "repeats": []}
    run("report_model", source, {"page": f"{project}/models/first/index.html"}, **values, sheet={})
    assert str(project) not in (project / "models/first/index.html").read_text()
    for png in ("examples.png", "errors.png", "learning_curve.png", "augmentation.jpg", "cumulative.png", "calibration.png"):
        assert (project / "models/first" / png).stat().st_size > 5000


def test_predict(project, model, tracks):
    poses = pd.read_hdf(tracks["raw"], "df_with_missing")
    assert len(poses) == FRAMES
    inside = poses.iloc[4:34]
    assert inside.notna().all(axis=None) and poses.drop(inside.index).isna().all(axis=None)
    assert inside.xs("likelihood", axis=1, level="coords").to_numpy().min() >= 0
    content = read_json(tracks["provenance"])
    assert (
        content["frames"] == FRAMES
        and content["crop"] == ROW["crop"]
        and content["code"] == "digest"
        and str(project) not in json.dumps(content)
    )
    assert (content["engine"], content["dynamic_crop"]) == ("openvino", None) and content["model"] == "first"
    again = predict(project, model, "first_again")
    renamed = pd.read_hdf(again["h5"], "df_with_missing")
    assert np.array_equal(renamed.to_numpy(), poses.to_numpy(), equal_nan=True)


def test_filter(tracks):
    raw, filtered = (pd.read_hdf(tracks[name], "df_with_missing") for name in ("raw", "h5"))
    assert (raw.columns == filtered.columns).all() and len(raw) == len(filtered)
    confidence = [table.xs("likelihood", axis=1, level="coords") for table in (raw, filtered)]
    pd.testing.assert_frame_equal(*confidence)
    summary = read_json(tracks["summary"])
    assert summary["frames"] == FRAMES and summary["analysed"] == 30 and summary["missing"] == 0
    assert summary["speed_px_per_s"] == pytest.approx(2 * summary["speed_mm_per_s"])
    assert [step["method"] for step in summary["steps"]] == ["confidence", "interpolate", "median"]
    assert all(step["removed"] == step["filled"] == 0 for step in (*summary["steps"], summary["all_steps"]))
    assert 0 <= summary["jumps"] <= 1 and 0 < summary["bone_spread"] == summary["bone_spread_worst"]  # of the one bone there is


def test_render_and_plot(project, tracks):
    files = outputs(project / "poses/first", **RENDERED)
    source = {name: tracks[name] for name in ("video", "info", "standard", "times", "raw")} | {"poses": tracks["h5"]}
    values = settings.Render(threshold=0.0).model_dump()
    run("render_video", source, files, settings=values, row=row("fps", "start", "stop"), skeleton=SKELETON)
    with av.open(files["video"]) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt, stream.frames) == ("h264", "yuv420p", 30)
        drawn = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(stream)]
    with av.open(files["preview"]) as container:
        assert container.streams.video[0].codec_context.name == "h264" and container.streams.video[0].frames == 30
    with av.open(str(project / tracks["video"])) as container:
        bare = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)][4:34]
    assert all((np.abs(a - b).max(-1) > 60).sum() > 20 for a, b in zip(drawn, bare))

    names = ("trajectory", "coordinates", "confidence", "displacement", "filtering")
    pngs = outputs(project / "poses/first", **{name: f"{name}.png" for name in names})
    source |= {name: tracks[name] for name in ("stretches", "summary")}
    values = {"keypoints": list(demo_walk.KEYPOINTS), "steps": settings.Filter().model_dump()["steps"]}
    run("plot_poses", source, pngs, settings=settings.Plots().model_dump(), row=row("fps"), **values)
    assert all((project / f"poses/first/{name}.png").stat().st_size > 5000 for name in names)

    run("sample_figures", list(pngs.values()), {"folder": f"{project}/sample"})
    assert {path.name for path in (project / "sample/first").iterdir()} == {f"{name}.png" for name in names}


def test_tables_and_page(project, model, tracks, labelled):
    sheet = {video: {"subject": "m", "session": None, "group": "g"} for video in VIDEOS}
    infos = [f"{project}/videos/{video}/video.json" for video in VIDEOS]
    run("tabulate_videos", infos, {"table": f"{project}/videos.csv"}, sheet=sheet)
    assert pd.read_csv(project / "videos.csv")["video"].tolist() == sorted(VIDEOS)
    chosen = sorted(str(path) for path in project.glob("results/frames/round-0/*/selection.json"))
    of_frames = outputs(project, table="frames.csv", groups="frames_by_group.csv")
    run("tabulate_frames", chosen, of_frames, sheet=sheet)
    assert pd.read_csv(of_frames["table"])["chosen"].tolist() == [10, 10]
    assert pd.read_csv(of_frames["groups"])["value"].tolist() == ["g", "m"]
    (project / "summaries/fast_2").mkdir(parents=True)
    summary = project / "summaries/fast_2/summary.json"
    summary.write_text(Path(tracks["summary"]).read_text())
    of_poses = outputs(project / "tables", table="first.csv", groups="first.by_group.csv")
    run("tabulate_poses", [str(summary)], of_poses, sheet=sheet)
    assert pd.read_csv(of_poses["groups"])["column"].tolist() == ["all", "group", "subject"]
    table = pd.read_csv(project / "tables/first.csv")
    assert table.loc[0, "video"] == "fast_2" and table.loc[0, "group"] == "g" and table.loc[0, "analysed"] == 30
    assert set(read_json(summary)) - {"steps", "all_steps"} | {"video", "subject", "session", "group"} == set(table)
    some = pd.concat([table] * 3).assign(video=["fast_2", "b", "c"], jumps=[0.5, 0.0, 0.0])
    some.to_csv(project / "tables/first.csv", index=False)
    if not (project / "models/first/metrics.csv").exists():
        evaluate(project, model)
    files = {
        "videos": [f"{project}/videos.csv"],
        "metrics": [f"{project}/models/first/metrics.csv"],
        "histories": [model["history"]],
        "tables": [f"{project}/tables/first.csv"],
        "split": labelled["split"],
    }
    values = {"round": 0, "keypoints": list(demo_walk.KEYPOINTS), "plot_format": "svg"}
    folders = {"models": f"{project}/models", "poses": f"{project}/poses"}
    run("write_index", files, {"index": f"{project}/index.html"}, **values, folders=folders)
    page = (project / "index.html").read_text()
    assert 'src="poses/first/fast_2/preview.mp4"' in page and 'href="poses/first/fast_2/labelled.mp4"' in page
    assert 'src="poses/first/fast_2/trajectory.svg"' in page and str(project) not in page
    assert "<li>fast_2: jumps 0.5, usually 0</li>" in page


def test_a_video_that_is_shorter_than_it_was(project, model, tracks):
    """It ends before the frames that were counted: an error, no file, no part of one."""
    draw(project, "short", seed=2, frames=20)
    source = {"video": "demo/short.mp4", "info": tracks["info"], "standard": tracks["standard"]}
    source |= {"poses": tracks["h5"], "raw": tracks["raw"], "times": tracks["times"]}
    source |= {key: model[key] for key in ("weights", "graph", "engine")}
    target = project / "poses/short"
    ends = "demo/short.mp4: ends after 20 frames"
    with pytest.raises(PosemakeError, match=ends):
        files = outputs(target, **RENDERED)
        values = settings.Render().model_dump()
        run("render_video", source, files, settings=values, row=row("fps", "start", "stop"), skeleton=SKELETON)
    with pytest.raises(PosemakeError, match=ends):
        files = outputs(target, h5="poses.h5", csv="poses.csv", provenance="poses.json")
        run("predict_poses", source, files, model="first", analysed=row("start", "stop", "crop"), code="", dynamic_crop=None)
    assert not list(target.iterdir())
