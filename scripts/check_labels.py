"""Draw all labels, and list those that are likely slips of the hand."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.labels.check import check_labels

    check_labels(input.labels, output.pages, output.table, **params.settings)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
