"""Split the labelled frames for one repeat of a training."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.labels.cross_validation import RepeatInputs, RepeatOutputs, split_repeat

    split_repeat(
        RepeatInputs(labels=input.labels, split=input.split),
        RepeatOutputs(split=output.split),
        params.repeat,
        params.validation,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
