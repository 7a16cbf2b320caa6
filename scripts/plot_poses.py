"""Plot the poses of one video, and what each step of the filter changed in them."""

from posemake.figures import plot_video
from posemake.log import run_job


def main(input, output, params, log):
    plot_video(input, output, params.settings, params.row, params.keypoints, params.steps)


if "snakemake" in globals():
    run_job(main, snakemake)
