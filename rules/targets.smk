# What `snakemake` makes without a target. No rules.

from posemake.core.json_files import read_json


def preparing_targets(wildcards):
    """Everything that needs no label, and both files of the checkpoint: it would not be run for the second one alone."""
    of_frames = (
        *(["features.npy"] if FEATURES else []),
        "frames.csv",
        "candidates.csv",
        "selection.json",
        "images",
        "contact_sheet.jpg",
        "selection.png",
    )
    tables = ["results/tables/frames.csv", "results/tables/frames_by_group.csv"]
    return [
        *expand("results/labels/round-0/{file}", file=("labels.csv", "state.json")),
        *in_portions("videos"),
        *expand("results/frames/round-0/{video}/{file}", video=TO_LABEL, file=of_frames),
        *(["results/tables/videos.csv", "results/tables/videos.txt"] if HERE else []),
        *(tables if TO_LABEL else []),
    ]


def final_targets():
    """Everything that needs labels. Each file is named, also those between: after a job has failed, Snakemake forgets that
    what follows from its output is stale, unless that output is asked for too."""
    labels, model = f"results/labels/round-{ROUND}", f"results/models/round-{ROUND}/{{model}}"
    of_model = (
        "weights.pt",
        "history.csv",
        "learning_curve.png",
        "diagnosis.json",
        "augmentation.jpg",
        "metrics.csv",
        "errors.csv",
        "examples.png",
        "errors.png",
        "evaluation.json",
        "cumulative.png",
        "calibration.png",
        "index.html",
    )
    of_scorers = ("scorers.csv", "scorers_points.csv", "scorers_frames.csv", "scorers.png")
    return [
        f"{labels}/split.csv",
        *expand(f"{model}/{{file}}", model=MODELS, file=of_model),
        *targets_of_repeats(model),
        *expand(
            f"{model}/{{file}}", model=PREDICTING if TO_ANALYSE else [], file=("network.onnx", "engine.json")
        ),
        *(path for name in PREDICTING for path in in_portions(f"round-{ROUND}/{name}")),
        *expand(
            f"results/tables/round-{ROUND}/{{model}}{{kind}}",
            model=PREDICTING if TO_ANALYSE else [],
            kind=(".csv", ".by_group.csv", ".figures"),
        ),
        *(["results/tables/rounds.csv", "results/tables/rounds.png"] if ROUND else []),
        *(expand(f"{labels}/{{file}}", file=of_scorers) if several_scorers() else []),
        "results/index.html",
    ]


def refining_targets(number):
    """What is made for a round after the first: each file is named, as in final_targets."""
    before, videos = number - 1, unsettled(number)
    if not videos:
        return []
    poses, chosen = (
        f"results/poses/round-{before}/{{model}}/{{video}}",
        f"results/frames/round-{number}/{{video}}",
    )
    return [
        f"results/labels/round-{before}/split.csv",
        *expand(
            f"results/models/round-{before}/{{model}}/{{file}}",
            model=REFINING,
            file=("weights.pt", "network.onnx", "engine.json"),
        ),
        *expand(f"{poses}/poses.h5", model=REFINING, video=TO_LABEL),
        *expand(f"results/outliers/round-{before}/{{video}}/candidates.csv", video=TO_LABEL),
        f"results/outliers/round-{before}/chosen.csv",
        *expand(f"{chosen}/{{file}}", video=videos, file=("frames.csv", "predictions.csv", "images")),
    ]


def labelled_targets(wildcards):
    """What `snakemake` makes beside that: round by round, and nothing more while it waits for labels."""
    targets = []
    for number in range(ROUND + 1):
        collected = checkpoints.collect_labels.get(round=number).output
        targets += [collected.labels, collected.state, *(refining_targets(number) if number else [])]
        if must_wait(read_json(collected.state)):
            return targets
    return targets + final_targets()


def must_wait(state):
    """Whether nothing is trained before more frames are labelled."""
    return bool(state["open"]) and not (filled("labels")["policy"] == "partial" and state["labelled"])


def several_scorers():
    """Whether two people labelled the same video in the same round."""
    files = {path.rsplit(".", 1)[0] for path in LABELS}
    return len({os.path.dirname(path) for path in files}) < len(files)
