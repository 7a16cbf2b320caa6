"""Write the frames of the next round of one video, with the points that the model predicts in them."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.frames.take_outliers import TakeOutputs, take_outliers

    outputs = TakeOutputs(frames=output.frames, predictions=output.predictions)
    take_outliers(input.chosen, outputs, params.video, params.model)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
