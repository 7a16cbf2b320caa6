"""Check all label files and collect them in one table."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.labels.collect import CollectInputs, CollectOutputs, collect_labels

    collect_labels(
        CollectInputs(labels=input.labels, frames=input.frames, settled_frames=params.settled),
        CollectOutputs(labels=output.labels, state=output.state),
        params.keypoints,
        params.scorer,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
