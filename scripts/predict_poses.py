"""Find the poses in every frame of one video."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.poses.predict import predict_poses

    predict_poses(input, output, params.model, params.follow, params.row, params.code)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
