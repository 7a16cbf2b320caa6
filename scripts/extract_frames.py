"""Write the chosen frames of one video as images."""

from posemake.log import run_job
from posemake.select import extract_frames


def main(input, output, params, log):
    extract_frames(input.video, input.info, input.standard, input.frames, output.images)


if "snakemake" in globals():
    run_job(main, snakemake)
