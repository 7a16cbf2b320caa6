"""Write the chosen frames of one video as images."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.frames.select import extract_frames

    extract_frames(input.video, input.info, input.standard, input.frames, output.images)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
