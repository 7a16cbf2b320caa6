"""Draw the learning curve of one model."""

from posemake.figures import plot_learning_curve
from posemake.log import run_job


def main(input, output, params, log):
    plot_learning_curve(input.history, output.png)


if "snakemake" in globals():
    run_job(main, snakemake)
