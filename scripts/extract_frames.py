"""Write the chosen frames of one video as images."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.frames.extract import ExtractInputs, extract_frames

    extract_frames(
        ExtractInputs(video=input.video, info=input.info, standard=input.standard, frames=input.frames),
        output.images,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
