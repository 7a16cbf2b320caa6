"""Find the fastest way to compute one model."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.models.export import export_model

    export_model(input, "labels", output.graph, output.engine, params.settings)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
