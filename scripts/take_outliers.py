"""Write the frames of the next round of one video, and what the model sees in them."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.frames.refine import take_outliers

    take_outliers(input.chosen, output.frames, output.predictions, params.video, params.model)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
