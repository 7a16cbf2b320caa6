"""Join the poses of the parts of one video."""

from posemake.log import run_job
from posemake.predict import join_poses


def main(input, output, params, log):
    join_poses(input.parts, input.engine, output, params.model, params.code)


if "snakemake" in globals():
    run_job(main, snakemake)
