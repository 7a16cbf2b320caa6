"""Compare one model with the labels."""

from posemake.evaluate import evaluate_model
from posemake.log import run_job


def main(input, output, params, log):
    evaluate_model(
        input.weights,
        input.labels,
        input.split,
        "labels",
        output.metrics,
        output.errors,
        output.examples,
        output.errors_png,
        params.settings,
    )


if "snakemake" in globals():
    run_job(main, snakemake)
