"""Draw the poses of one video into it."""

from posemake.log import run_job
from posemake.render import render_video


def main(input, output, params, log):
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
    run_job(main, snakemake)
