"""Compare people who labelled the same frames."""

from posemake.log import run_job
from posemake.scorers import compare_scorers


def main(input, output, params, log):
    compare_scorers(input.labels, output.points, output.summary, output.frames, output.png, **params.settings)


if "snakemake" in globals():
    run_job(main, snakemake)
