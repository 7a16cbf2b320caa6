"""Plot what each step of the filter changed in one video."""

from posemake.filter_figures import plot_filter
from posemake.log import run_job


def main(input, output, params, log):
    plot_filter(input.shown, input.summary, output.png, params.settings, params.keypoints, params.steps)


if "snakemake" in globals():
    run_job(main, snakemake)
