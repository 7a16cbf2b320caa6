"""Compare the test errors of the rounds."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.evaluation.rounds import RoundsInputs, RoundsOutputs, compare_rounds

    compare_rounds(
        RoundsInputs(
            errors=[*params.earlier["errors"], *input.errors],
            splits=[*params.earlier["splits"], *input.splits],
        ),
        RoundsOutputs(table=output.table, figure=output.png),
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
