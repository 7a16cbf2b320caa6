"""Compare people who labelled the same frames."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.labels.agreement import compare_scorers

    compare_scorers(input.labels, output.points, output.summary, output.frames, output.png, **params.settings)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
