"""Choose the frames of the next round among those on which a model is likely wrong."""

from posemake.log import run_job
from posemake.refine import choose_outliers


def main(input, output, params, log):
    choose_outliers(input.candidates, input.labels, output.chosen, params.settings)


if "snakemake" in globals():
    run_job(main, snakemake)
