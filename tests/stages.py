"""Calls of the scripts with what Snakemake would give them, for two small videos."""

import importlib.util
from types import SimpleNamespace

from workflow.tiny import MODEL, ROOT

from posemake import settings

VIDEOS, FRAMES = ("slow_1", "fast_2"), 40
ROW = {"start": 4, "stop": 34, "crop": [0, 150, 0, 110], "roi": None, "fps": None, "px_per_mm": 2.0}
ROW |= {"pattern": None, "downscale": None, "deinterlace": None}


def run(script, input, output, **params):
    """Call ``main`` of a script with what Snakemake would give it."""
    spec = importlib.util.spec_from_file_location(script, ROOT / "scripts" / f"{script}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    as_names = [SimpleNamespace(**part) if isinstance(part, dict) else part for part in (input, output)]
    module.main(*as_names, SimpleNamespace(**params), ["log"])
    return output


def row(*columns):
    return {column: ROW[column] for column in columns}


def outputs(folder, **files):
    (folder).mkdir(parents=True, exist_ok=True)
    return {name: f"{folder}/{file}" for name, file in files.items()}


def train(project, labelled, name):
    made = outputs(project / f"models/{name}", weights="weights.pt", history="history.csv")
    return labelled | run("train_model", labelled, made, settings=settings.plain(settings.Model, MODEL), code="digest")


def export(project, model, name, engine):
    made = outputs(project / f"models/{name}", graph="network.onnx", engine="engine.json")
    return run("export_model", model, made, settings=engine)


def to_predict(project, model):
    folder = f"{project}/videos/fast_2"
    return {
        "video": "demo/fast_2.mp4",
        "info": f"{folder}/video.json",
        "standard": f"{folder}/standard",
        "times": f"{folder}/times.npy",
        **{key: model[key] for key in ("weights", "graph", "engine")},
    }


def predict(project, model, name, follow=None):
    source = to_predict(project, model)
    made = outputs(project / f"poses/{name}", h5="poses.h5", csv="poses.csv", provenance="poses.json")
    values = {"model": name, "row": row("start", "stop", "crop"), "code": "digest", "follow": follow}
    return source | run("predict_poses", source, made, **values)
