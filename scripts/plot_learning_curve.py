"""Draw the learning curve of one model, and say what is wrong with it."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.models.learning_curve import plot_learning_curve

    plot_learning_curve(input.history, input.labels, input.split, output.png, output.diagnosis, params.settings)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
