"""Draw augmented training frames of one model."""

from posemake.augment_figures import plot_augmentation
from posemake.log import run_job


def main(input, output, params, log):
    plot_augmentation(input.labels, input.split, "labels", output.jpg, params.settings)


if "snakemake" in globals():
    run_job(main, snakemake)
