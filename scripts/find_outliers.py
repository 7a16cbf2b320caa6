"""Find the frames of one video on which a model is likely wrong."""

from posemake.log import run_job
from posemake.refine import find_outliers


def main(input, output, params, log):
    find_outliers(input.poses, output.candidates, params.settings, params.skeleton)


if "snakemake" in globals():
    run_job(main, snakemake)
