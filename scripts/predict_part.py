"""Predict the poses in one part of a long video."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import DynamicCrop
    from posemake.poses.predict import AnalysedRange, PredictInputs, predict_part

    part, parts = params.part
    predict_part(
        PredictInputs(
            video=input.video,
            info=input.info,
            standard=input.standard,
            weights=input.weights,
            graph=input.graph,
            engine=input.engine,
        ),
        output.poses,
        None if params.dynamic_crop is None else DynamicCrop(**params.dynamic_crop),
        AnalysedRange(**params.analysed),
        part=part,
        parts=parts,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
