"""Draw augmented training frames of one model."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import Augment
    from posemake.models.augmentation_sheet import AugmentationInputs, AugmentationOutputs, plot_augmentation

    plot_augmentation(
        AugmentationInputs(labels=input.labels, split=input.split, images="labels"),
        AugmentationOutputs(sheet=output.jpg),
        Augment(**params.settings["augment"]),
        params.settings["scale"],
        params.settings["seed"],
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
