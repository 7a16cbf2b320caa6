"""Turn the raw poses of one video into clean tracks."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.poses.filter import filter_poses

    made = (output.h5, output.csv, output.summary, output.shown)
    filter_poses(input.poses, input.times, *made, params.settings, params.row, params.skeleton)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
