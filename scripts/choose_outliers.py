"""Choose the frames of the next round among those on which a model is likely wrong."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import Refine
    from posemake.frames.choose_outliers import ChooseInputs, choose_outliers

    inputs = ChooseInputs(candidates=input.candidates, labels=input.labels)
    choose_outliers(inputs, output.chosen, Refine(**params.settings))


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
