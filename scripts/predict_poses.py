"""Find the poses in every frame of one video."""

from posemake.log import run_job
from posemake.predict import predict_poses


def main(input, output, params, log):
    predict_poses(
        input.video,
        input.info,
        input.standard,
        input.weights,
        output.h5,
        output.csv,
        output.provenance,
        params.model,
        params.row,
        params.code,
    )


if "snakemake" in globals():
    run_job(main, snakemake)
