"""Find the poses in one part of a long video."""

from posemake.log import run_job
from posemake.predict import predict_part


def main(input, output, params, log):
    predict_part(input, output.poses, params.follow, params.row, *params.part)


if "snakemake" in globals():
    run_job(main, snakemake)
