"""Find the fastest way to compute one model."""

from posemake.export import export_model
from posemake.log import run_job


def main(input, output, params, log):
    export_model(input, "labels", output.graph, output.engine, params.settings)


if "snakemake" in globals():
    run_job(main, snakemake)
