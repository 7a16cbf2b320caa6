"""Choose the frames of the next round among those on which a model is likely wrong."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.frames.refine import choose_outliers

    choose_outliers(input.candidates, input.labels, output.chosen, params.settings)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
