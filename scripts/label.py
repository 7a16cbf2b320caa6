"""Open the window for labelling, and wait until it is closed."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.labelling.command import open_labeller

    open_labeller(".", params.scorer)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
