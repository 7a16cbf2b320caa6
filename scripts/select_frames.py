"""Choose the frames of one video that a person labels."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.frames.select import select_frames

    select_frames(
        input.video,
        input.info,
        input.standard,
        input.features or None,
        output.frames,
        output.candidates,
        output.selection,
        params.settings,
        params.row,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
