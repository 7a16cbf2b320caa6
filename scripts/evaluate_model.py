"""Compare one model with the labels."""

from posemake.evaluate import evaluate_model
from posemake.log import run_job


def main(input, output, params, log):
    evaluate_model(input, "labels", output, params.settings, params.sheet)


if "snakemake" in globals():
    run_job(main, snakemake)
