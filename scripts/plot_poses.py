"""Plot the poses of one video."""

from posemake.figures import plot_poses
from posemake.log import run_job


def main(input, output, params, log):
    plot_poses(
        input.poses,
        input.info,
        input.times,
        output.trajectory,
        output.coordinates,
        output.confidence,
        output.displacement,
        params.settings,
        **params.row,
    )


if "snakemake" in globals():
    run_job(main, snakemake)
