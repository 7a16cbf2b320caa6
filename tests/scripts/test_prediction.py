"""Export and prediction through their scripts: with the chosen engine, in parts, and in a window."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures.stages import export, outputs, predict, prediction_inputs, row, run

from posemake.core.errors import PosemakeError
from posemake.core.json_files import read_json
from posemake.demo import motion as demo_walk
from posemake.models.engine_choice import FULL_PRECISION_BOUND
from posemake.networks.runtimes import ENGINES, GPU_BATCH
from posemake.poses.predict import UNIT


def test_export(project, model, labelled):
    chosen = export(project, labelled | {"weights": model["weights"]}, "exported", "auto")
    content = read_json(chosen["engine"])
    rows = {row["engine"]: row for row in content["candidates"]}
    assert set(rows) == {name for name, engine in ENGINES.items() if "cpu" in engine.devices}
    assert not [row["fault"] for row in rows.values() if "fault" in row]
    assert rows[content["engine"]]["agrees"] and rows["torch"]["median_px"] == 0 < min(row["fps"] for row in rows.values())
    assert max(rows[name]["median_px"] for name in ("openvino", "onnxruntime")) < FULL_PRECISION_BOUND
    assert content["settings"]["scale"] == content["scale"] and content["keypoints"] == list(demo_walk.KEYPOINTS)
    assert 5 < content["extent"] < 160 and str(project) not in json.dumps(content)
    assert not list(Path(chosen["graph"]).parent.glob("tmp*"))
    with pytest.raises(PosemakeError, match=r"predict\.engine: torch-fp16 computes on cuda or mps"):
        export(project, labelled | {"weights": model["weights"]}, "exported", "torch-fp16")


def test_parts_are_joined_without_a_seam(project, model, monkeypatch):
    """Bit for bit, with whole frames and with a window, for which nothing of a part before is known."""
    assert UNIT % GPU_BATCH == 0 == UNIT % 8
    monkeypatch.setattr("posemake.poses.predict.UNIT", 8)
    monkeypatch.setattr("posemake.poses.predict.MAX_WINDOW", 1.0)
    by_torch = model | export(project, model, "by_torch", "torch")  # in batches of 8
    dynamic_crop = {"every": 7, "margin": 0.0, "threshold": 0.0}
    for name, computed, values in (("openvino", model, None), ("torch", by_torch, None), ("window", model, dynamic_crop)):
        source, name = prediction_inputs(project, computed), f"parts_{name}"
        given = {"dynamic_crop": values, "analysed": row("start", "stop", "crop")}
        parts = [f"{project}/poses/{name}/{part}.npz" for part in range(3)]
        for part, path in enumerate(parts):
            run("predict_part", source, {"poses": path}, part=[part, 3], **given)
        assert [len(np.load(path)["xy"]) for path in parts] == ([7, 14, 9] if values else [8, 8, 14])
        files = outputs(project / f"poses/{name}", h5="poses.h5", csv="poses.csv", provenance="poses.json")
        run("join_poses", {"parts": parts, "engine": source["engine"]}, files, model=name, code="digest")
        whole = predict(project, computed, name.replace("parts", "whole"), values)
        joined, unsplit = (pd.read_hdf(path, "df_with_missing").to_numpy() for path in (files["h5"], whole["h5"]))
        assert np.array_equal(joined, unsplit, equal_nan=True) and np.isfinite(joined[4:34]).all()
        content, expected = (read_json(written["provenance"]) for written in (files, whole))
        assert content | {"model": ""} == expected | {"model": ""} and content["dynamic_crop"] == values
