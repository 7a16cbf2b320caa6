"""Filter the raw poses of one video."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import Filter
    from posemake.poses.filter import FilterInputs, FilterOutputs, filter_poses

    filter_poses(
        FilterInputs(poses=input.poses, times=input.times),
        FilterOutputs(h5=output.h5, csv=output.csv, summary=output.summary, stretches=output.stretches),
        Filter(**params.settings),
        params.skeleton,
        **params.row,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
