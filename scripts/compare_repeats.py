"""Compare a model with the repeats of its training."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.evaluation.repeats import compare_repeats

    compare_repeats([input.model, *input.metrics], input.errors, output.table, output.png, params.settings)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
