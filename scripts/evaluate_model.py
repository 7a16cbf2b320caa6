"""Compare one model with the labels."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import Evaluate
    from posemake.config.video_metadata import video_metadata
    from posemake.evaluation.evaluate import EvaluateInputs, EvaluateOutputs, evaluate_model

    evaluate_model(
        EvaluateInputs(weights=input.weights, labels=input.labels, split=input.split, images="labels"),
        EvaluateOutputs(
            metrics=output.metrics,
            errors=output.errors,
            summary=output.summary,
            examples=output.examples,
            errors_png=output.errors_png,
            cumulative=output.cumulative,
            calibration=output.calibration,
        ),
        Evaluate(**params.settings),
        video_metadata(params.sheet),
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
