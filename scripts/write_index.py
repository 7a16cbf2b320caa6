"""Write the page that a person looks at first."""

from posemake.log import run_job
from posemake.report import write_index


def main(input, output, params, log):
    write_index(input, output.index, {**params.settings, "folders": params.folders})


if "snakemake" in globals():
    run_job(main, snakemake)
