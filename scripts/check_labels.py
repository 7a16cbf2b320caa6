"""Draw all labels, and list those that are likely slips of the hand."""

from posemake.check import check_labels
from posemake.log import run_job


def main(input, output, params, log):
    check_labels(input.labels, output.pages, output.table, **params.settings)


if "snakemake" in globals():
    run_job(main, snakemake)
