"""Train one model."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import Model
    from posemake.models.train import TrainInputs, TrainOutputs, train_model

    train_model(
        TrainInputs(labels=input.labels, split=input.split, images="labels"),
        TrainOutputs(weights=output.weights, history=output.history, tensorboard=params.tensorboard),
        Model(**params.settings),
        params.code,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
