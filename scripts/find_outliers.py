"""Find the frames of one video on which a model is likely wrong."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.frames.refine import find_outliers

    find_outliers(input.poses, output.candidates, params.settings, params.skeleton)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
