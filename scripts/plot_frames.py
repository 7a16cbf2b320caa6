"""Draw the chosen frames of one video, and what they were chosen from."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.frames.figures import plot_frames

    plot_frames(
        input.candidates,
        input.frames,
        input.selection,
        input.images,
        input.times,
        output.sheet,
        output.selection,
        **params.row,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
