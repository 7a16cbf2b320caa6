"""Compare one model with the labels."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.evaluation.evaluate import evaluate_model

    evaluate_model(input, "labels", output, params.settings, params.sheet)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
