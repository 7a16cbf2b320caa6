"""Compare a model with the repeats of its training."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import Evaluate
    from posemake.evaluation.repeats import RepeatsInputs, RepeatsOutputs, compare_repeats

    compare_repeats(
        RepeatsInputs(model=input.model, metrics=input.metrics, errors=input.errors),
        RepeatsOutputs(table=output.table, figure=output.png),
        Evaluate(**params.settings),
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
