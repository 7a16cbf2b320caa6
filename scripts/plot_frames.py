"""Draw the chosen frames of one video, and what they were chosen from."""

from posemake.frame_figures import plot_frames
from posemake.log import run_job


def main(input, output, params, log):
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
    run_job(main, snakemake)
