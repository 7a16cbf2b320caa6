"""Find the poses in every frame of one video."""

from posemake.log import run_job
from posemake.predict import predict_poses


def main(input, output, params, log):
    predict_poses(input, output, params.model, params.follow, params.row, params.code)


if "snakemake" in globals():
    run_job(main, snakemake)
