"""Split the labelled frames into training, validation and test."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import Split
    from posemake.labels.split import SplitInputs, SplitOutputs, split_dataset

    split_dataset(
        SplitInputs(labels=input.labels),
        SplitOutputs(split=output.split),
        Split(**params.settings),
        params.subjects,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
