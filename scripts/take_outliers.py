"""Write the frames of the next round of one video, and what the model sees in them."""

from posemake.log import run_job
from posemake.refine import take_outliers


def main(input, output, params, log):
    take_outliers(input.chosen, output.frames, output.predictions, params.video, params.model)


if "snakemake" in globals():
    run_job(main, snakemake)
