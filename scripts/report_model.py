"""Write the page of one model: what its errors are, and what they mean."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.evaluation.model_page import report_model

    report_model(input, output.page, params.settings, params.sheet)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
