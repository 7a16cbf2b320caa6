"""Compute a network's features of the candidates of one video."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import Frames
    from posemake.frames.candidates import CandidateRow
    from posemake.frames.embed import EmbedInputs, embed_frames

    embed_frames(
        EmbedInputs(video=input.video, info=input.info, standard=input.standard),
        output.features,
        Frames(**params.settings),
        CandidateRow(**params.row),
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
