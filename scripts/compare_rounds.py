"""Compare the test errors of the rounds."""

from posemake.log import run_job
from posemake.rounds import compare_rounds


def main(input, output, params, log):
    errors, splits = ([*params.earlier[name], *input[name]] for name in ("errors", "splits"))
    compare_rounds(errors, splits, output.table, output.png)


if "snakemake" in globals():
    run_job(main, snakemake)
