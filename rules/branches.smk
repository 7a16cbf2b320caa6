# The branches of a model, repeats of its training with other seeds, folds, shares of the labels, and of a video, its parts. No rules.

OF_REPEAT = "results/models/round-{round}/{model}/repeats/{repeat}"


if HAS_PROJECT:

    wildcard_constraints:
        repeat=r"seed-\d+|fold-\d+-of-\d+|labels-0\.\d+",


def repeats_of(model, kind=""):
    """The names of a model's repeats, or of those of a kind."""
    wanted = filled("repeats")
    if model not in (wanted["models"] or PREDICTING[:1]):
        return []
    seed, folds = MODELS[model]["seed"], wanted["folds"]
    names = [f"seed-{seed + i}" for i in range(1, wanted["seeds"] + 1)]
    names += [f"fold-{i}-of-{folds}" for i in range(1, folds + 1)]
    names += [f"labels-{share:g}" for share in wanted["labels"]]
    return [name for name in names if name.startswith(kind)]


def files_of_repeats(file, kind=""):
    """A file of each repeat of the model."""
    return lambda wildcards: expand(
        f"{OF_REPEAT}/{file}",
        round=wildcards.round,
        model=wildcards.model,
        repeat=repeats_of(wildcards.model, kind),
    )


def training_of_repeat(wildcards):
    """The model's settings, with another seed where that is what is repeated."""
    kind, number, *_ = wildcards.repeat.split("-")
    return MODELS[wildcards.model] | ({"seed": int(number)} if kind == "seed" else {})


def comparison_of_repeats(wildcards):
    """What the page of a model shows of its repeats, in the active round."""
    shown = int(wildcards.round) == ROUND and repeats_of(wildcards.model)
    files = ("repeats.csv", "repeats.png") if shown else ()
    return [f"results/models/round-{ROUND}/{wildcards.model}/{file}" for file in files]


def targets_of_repeats(model):
    """What repeats make in the folder of a model: each file is named, as in final_targets."""
    of_repeat = (
        "split.csv",
        "weights.pt",
        "history.csv",
        "metrics.csv",
        "errors.csv",
        "examples.png",
        "errors.png",
        "evaluation.json",
        "cumulative.png",
        "calibration.png",
    )
    found = []
    for name in filter(repeats_of, MODELS):
        of_branches = [f"repeats/{repeat}/{file}" for repeat in repeats_of(name) for file in of_repeat]
        found += expand(f"{model}/{{file}}", model=name, file=[*of_branches, "repeats.csv", "repeats.png"])
    return found


if HAS_PROJECT:
    PREDICT = filled("predict")
    FOLLOW = PREDICT["follow"] if PREDICT["crop"] == "follow" else None
    PARTS = {video: VIDEOS[video]["parts"] or PREDICT["parts"] for video in HERE}
    SHARED = "|".join(re.escape(video) for video, parts in PARTS.items() if parts > 1)  # by several jobs


def exported(wildcards):
    """What computes the poses of a model."""
    folder = f"results/models/round-{wildcards.round}/{wildcards.model}"
    return {
        "weights": f"{folder}/weights.pt",
        "graph": f"{folder}/network.onnx",
        "engine": f"{folder}/engine.json",
    }


def looked_at(wildcards):
    """What of a video the network sees."""
    row = VIDEOS[wildcards.video]
    return {
        "start": row["start"],
        "stop": row["stop"],
        "crop": None if PREDICT["crop"] == "none" else row["crop"],
    }


def parts_of(wildcards):
    """The files of a video that several jobs share."""
    parts = PARTS[wildcards.video]
    return expand(
        "results/poses/round-{round}/{model}/{video}/parts/{part}-{parts}.npz",
        **wildcards,
        part=range(parts),
        parts=parts,
    )
