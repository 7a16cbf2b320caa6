"""Predict the poses in every frame of one video."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import DynamicCrop
    from posemake.poses.join import PoseOutputs
    from posemake.poses.predict import AnalysedRange, PredictInputs, predict_poses

    predict_poses(
        PredictInputs(
            video=input.video,
            info=input.info,
            standard=input.standard,
            weights=input.weights,
            graph=input.graph,
            engine=input.engine,
        ),
        PoseOutputs(h5=output.h5, csv=output.csv, provenance=output.provenance),
        None if params.dynamic_crop is None else DynamicCrop(**params.dynamic_crop),
        AnalysedRange(**params.analysed),
        model=params.model,
        code=params.code,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
