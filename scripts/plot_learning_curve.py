"""Draw the learning curve of one model, and say what is wrong with it."""

from posemake.learning_curve import plot_learning_curve
from posemake.log import run_job


def main(input, output, params, log):
    plot_learning_curve(input.history, input.labels, input.split, output.png, output.diagnosis, params.settings)


if "snakemake" in globals():
    run_job(main, snakemake)
