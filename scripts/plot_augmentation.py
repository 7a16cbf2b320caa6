"""Draw augmented training frames of one model."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.models.augmentation_sheet import plot_augmentation

    plot_augmentation(input.labels, input.split, "labels", output.jpg, params.settings)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
