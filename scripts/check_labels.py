"""Draw all labels, and list those that are likely mistakes."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.labels.check import CheckInputs, CheckOutputs, check_labels

    check_labels(
        CheckInputs(labels=input.labels),
        CheckOutputs(pages=output.pages, table=output.table),
        params.keypoints,
        params.skeleton,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
