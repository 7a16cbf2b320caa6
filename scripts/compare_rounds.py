"""Compare the test errors of the rounds."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.evaluation.rounds import compare_rounds

    errors, splits = ([*params.earlier[name], *input[name]] for name in ("errors", "splits"))
    compare_rounds(errors, splits, output.table, output.png)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
