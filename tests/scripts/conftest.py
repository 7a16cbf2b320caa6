"""A project up to a trained model, made once for all tests of the scripts."""

import pytest
from fixtures.stages import FRAMES, VIDEOS, export, outputs, row, run, train
from workflow.tiny import draw

from posemake.config import settings
from posemake.demo import motion as demo_walk
from posemake.demo.annotator import label_frames


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A folder with two videos, in which all stages up to the split have run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POSEMAKE_DEVICE", "cpu")
        folder = tmp_path_factory.mktemp("stages")
        patch.chdir(folder)
        for seed, video in enumerate(VIDEOS):
            draw(folder, video, seed, FRAMES)
            source = {"video": f"demo/{video}.mp4"}
            files = outputs(folder / f"videos/{video}", info="video.json", times="times.npy", standard="standard")
            values, of_row = settings.Prepare().model_dump(), row("pattern", "downscale", "deinterlace")
            source |= run("prepare_video", source, files, settings=values, row=of_row)
            at = folder / f"results/frames/round-0/{video}"
            chosen = outputs(at, frames="frames.csv", candidates="candidates.csv", selection="selection.json")
            values = settings.Frames(per_video=10, thumbnail=16, min_distance=3).model_dump()
            run("select_frames", source | {"features": []}, chosen, settings=values, row=row("start", "stop", "roi"))
            images = run("extract_frames", source | chosen, outputs(at, images="images"))
            figures = outputs(at, sheet="contact_sheet.jpg", selection="selection.png")
            run("plot_frames", chosen | images | {"times": source["times"]}, figures, row=row("fps"))
        label_frames("results/frames/round-0", "demo", "labels/round-0")
        labels = sorted(str(path) for path in (folder / "labels").glob("round-0/*/*.csv"))
        frames = sorted(str(path) for path in (folder / "results/frames").glob("round-0/*/frames.csv"))
        collected = outputs(folder / "results/labels", labels="labels.csv", state="state.json")
        keypoints = {"keypoints": list(demo_walk.KEYPOINTS), "scorer": "", "settled": []}
        run("collect_labels", {"labels": labels, "frames": frames}, collected, **keypoints)
        split = settings.Split(block=4, validation=0.25, test=0.25).model_dump()
        run("split_dataset", collected, {"split": f"{folder}/results/labels/split.csv"}, settings=split, subjects={})
        yield folder


@pytest.fixture
def labelled(project):
    return {"labels": f"{project}/results/labels/labels.csv", "split": f"{project}/results/labels/split.csv"}


@pytest.fixture(scope="session")
def model(project):
    folder = f"{project}/results/labels"
    trained = train(project, {"labels": f"{folder}/labels.csv", "split": f"{folder}/split.csv"}, "first")
    return trained | export(project, trained, "first", "openvino")
