"""Compare people who labelled the same frames."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.labels.agreement import AgreementInputs, AgreementOutputs, compare_scorers

    compare_scorers(
        AgreementInputs(labels=input.labels),
        AgreementOutputs(points=output.points, summary=output.summary, frames=output.frames, figure=output.png),
        params.keypoints,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
