"""Draw the learning curve of one model, with a diagnosis."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.models.learning_curve import LearningCurveInputs, LearningCurveOutputs, plot_learning_curve

    plot_learning_curve(
        LearningCurveInputs(history=input.history, labels=input.labels, split=input.split),
        LearningCurveOutputs(figure=output.png, diagnosis=output.diagnosis),
        **{key: params.settings[key] for key in ("sigma", "stride", "scale")},
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
