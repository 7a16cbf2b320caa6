"""Draw the poses of one video into it."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.figures.render import render_video

    render_video(
        input.video,
        input.info,
        input.standard,
        input.times,
        input.raw,
        input.poses,
        output.video,
        output.preview,
        output.poster,
        params.settings,
        params.row,
        params.skeleton,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
