"""Find the frames of one video on which a model is likely wrong."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import Refine
    from posemake.frames.find_outliers import find_outliers

    find_outliers(input.poses, output.candidates, Refine(**params.settings), params.skeleton)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
