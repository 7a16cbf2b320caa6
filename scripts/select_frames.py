"""Choose the frames of one video that a person labels."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import Frames
    from posemake.frames.candidates import CandidateRow
    from posemake.frames.select import SelectInputs, SelectOutputs, select_frames

    select_frames(
        SelectInputs(video=input.video, info=input.info, standard=input.standard, features=input.features or None),
        SelectOutputs(frames=output.frames, candidates=output.candidates, selection=output.selection),
        Frames(**params.settings),
        CandidateRow(**params.row),
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
