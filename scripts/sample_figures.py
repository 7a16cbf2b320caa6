"""Collect the figures of some videos for the report."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.figures.sample import sample_figures

    sample_figures(list(input), output.folder)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
