"""Join the poses of the parts of one video."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.poses.predict import join_poses

    join_poses(input.parts, input.engine, output, params.model, params.code)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
