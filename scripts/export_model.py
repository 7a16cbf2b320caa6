"""Export one model with the fastest engine."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.models.export import ExportInputs, ExportOutputs, export_model

    export_model(
        ExportInputs(weights=input.weights, labels=input.labels, split=input.split, images="labels"),
        ExportOutputs(graph=output.graph, info=output.engine),
        params.engine,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
