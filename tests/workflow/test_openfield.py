"""DeepLabCut's open-field example, taken over and run on real frames: few steps and few frames of video."""

from pathlib import Path

import pandas as pd
import pytest
from workflow.tiny import ROOT, snakemake, would_run

DATA = ROOT.parent / "shared" / "data" / "openfield"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"needs the open-field example of DeepLabCut in {DATA}")
CONFIG = ROOT / "tests" / "workflow" / "openfield.yaml"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = tmp_path_factory.mktemp("openfield")
    done = snakemake(project, "import_deeplabcut", "--config", f"deeplabcut={DATA}")
    assert done.returncode == 0, done.stdout
    return project


def test_all_is_planned(project):
    labels = list((project / "labels/round-0/m4s1").glob("*.png"))
    assert len(labels) == 116
    target = "results/poses/round-0/small/m3v1mp4/labelled.mp4"
    assert {"train_model small", "predict_poses small m3v1mp4", "render_video small m3v1mp4"} <= would_run(
        project, target, "--configfile", str(CONFIG)
    )


def test_a_short_run(project, tmp_path):
    short = tmp_path / "short.yaml"
    short.write_text("models: {small: {steps: 10, validate_every: 5, scale: 0.25}}\npredict: {engine: openvino}\n")
    sheet = project / "config/videos.tsv"
    table = pd.read_csv(sheet, sep="\t", dtype=str)
    table.loc[table["video"] == "m3v1mp4", "stop"] = "40"
    table.to_csv(sheet, sep="\t", index=False)
    done = snakemake(project, "--configfile", str(CONFIG), str(short))
    assert done.returncode == 0, done.stdout
    metrics = pd.read_csv(project / "results/models/round-0/small/metrics.csv")
    counts = metrics[(metrics["keypoint"] == "all") & (metrics["by"] == "all")].set_index("part")["n"]
    assert counts.sum() == 464 and counts["test"] >= 40
    poses = pd.read_hdf(project / "results/poses/round-0/small/m3v1mp4/poses.h5")
    assert len(poses) == 2330 and poses.iloc[:40].notna().all(axis=None) and poses.iloc[40:].isna().all(axis=None)
    assert Path(project / "results/index.html").stat().st_size > 3000
