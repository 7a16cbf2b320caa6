"""Turn the raw poses of one video into clean tracks."""

from posemake.clean import filter_poses
from posemake.log import run_job


def main(input, output, params, log):
    filter_poses(input.poses, input.times, output.h5, output.csv, output.summary, params.settings, params.row, params.skeleton)


if "snakemake" in globals():
    run_job(main, snakemake)
