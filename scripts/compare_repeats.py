"""Compare a model with the repeats of its training."""

from posemake.log import run_job
from posemake.repeats import compare_repeats


def main(input, output, params, log):
    compare_repeats([input.model, *input.metrics], input.errors, output.table, output.png, params.settings)


if "snakemake" in globals():
    run_job(main, snakemake)
