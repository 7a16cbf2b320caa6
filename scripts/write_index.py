"""Write the page that a person looks at first."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.reports.index_page import write_index

    write_index(input, output.index, {**params.settings, "folders": params.folders})


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
