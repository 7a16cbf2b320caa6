"""Plot the poses of one video, and what each step of the filter changed in them."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.figures.pose_plots import plot_video

    plot_video(input, output, params.settings, params.row, params.keypoints, params.steps)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
