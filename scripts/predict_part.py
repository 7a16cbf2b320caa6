"""Find the poses in one part of a long video."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.poses.predict import predict_part

    predict_part(input, output.poses, params.follow, params.row, *params.part)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
