"""Check all label files and gather them into one table."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.labels.collect import collect_labels

    collect_labels(input.labels, input.frames, output.labels, output.state, **params.settings)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
