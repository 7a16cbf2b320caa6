"""Describe the candidates of one video by a network's features."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.frames.embed import embed_frames

    embed_frames(input.video, input.info, input.standard, output.features, params.settings, params.row)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
