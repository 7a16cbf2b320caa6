# What `snakemake` makes without a target, and what it says at the end of a run. No rules.

from posemake.files import read_json
from posemake.log import error_sentences


def preparing_targets():
    """Everything that needs no label, and both files of the checkpoint: it would not be run for the second one alone."""
    return [
        f"results/labels/round-{ROUND}/labels.csv",
        f"results/labels/round-{ROUND}/state.json",
        *expand("results/videos/{video}/video.json", video=HERE),
        *expand("results/videos/{video}/times.npy", video=HERE),
        *expand("results/frames/round-0/{video}/frames.csv", video=TO_LABEL),
        *expand("results/frames/round-0/{video}/images", video=TO_LABEL),
        *(["results/tables/videos.csv"] if HERE else []),
    ]


def final_targets():
    """Everything that needs labels. Each file is named, also those between: after a job has failed, Snakemake forgets that
    what follows from its output is stale, unless that output is asked for too."""
    labels, model = f"results/labels/round-{ROUND}", f"results/models/round-{ROUND}/{{model}}"
    poses = f"results/poses/round-{ROUND}/{{model}}/{{video}}"
    of_model = (
        "weights.pt",
        "history.csv",
        "learning_curve.png",
        "metrics.csv",
        "errors.csv",
        "examples.png",
        "errors.png",
    )
    of_video = (
        "poses.h5",
        "poses.csv",
        "poses.json",
        "filtered.h5",
        "filtered.csv",
        "summary.json",
        "labelled.mp4",
        "poster.png",
        "trajectory.png",
        "coordinates.png",
        "confidence.png",
        "displacement.png",
    )
    return [
        f"{labels}/split.csv",
        *expand(f"{model}/{{file}}", model=MODELS, file=of_model),
        *expand(f"{poses}/{{file}}", model=PREDICTING, video=TO_ANALYSE, file=of_video),
        *expand(f"results/tables/round-{ROUND}/{{model}}.csv", model=PREDICTING if TO_ANALYSE else []),
        "results/index.html",
    ]


def labelled_targets(wildcards):
    """What `snakemake` makes beside that: nothing while frames wait for their labels."""
    state = read_json(checkpoints.collect_labels.get(round=ROUND).output.state)
    return [] if state["open"] else final_targets()


def counted(number, what):
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def say_what_waits():
    """At the end of a run, tell the person what is to be done."""
    path = f"results/labels/round-{ROUND}/state.json" if HAS_PROJECT else ""
    waiting = read_json(path)["open"] if os.path.exists(path) else {}
    if waiting:
        some = ", ".join(f"{video} ({count})" for video, count in list(waiting.items())[:8])
        more = f" and {len(waiting) - 8} more" if len(waiting) > 8 else ""
        print(
            f"\nposemake waits for labels: {counted(sum(waiting.values()), 'frame')} in {counted(len(waiting), 'video')}: {some}{more}. "
            f"Copy results/frames/round-0/<video>/images to labels/round-0/<video> and label there "
            "(config/README.md, «Labels»), then run snakemake again.",
            file=sys.stderr,
        )


def say_what_failed(log):
    """At the end of a run that failed, give each job's error as a sentence, once."""
    sentences = error_sentences(log[0] if isinstance(log, list) else log)
    if sentences:
        print("\nposemake could not finish:", *sentences, sep="\n  ", file=sys.stderr)
