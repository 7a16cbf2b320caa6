"""Write the page of one model: what its errors are, and what they mean."""

from posemake.log import run_job
from posemake.model_page import report_model


def main(input, output, params, log):
    report_model(input, output.page, params.settings, params.sheet)


if "snakemake" in globals():
    run_job(main, snakemake)
