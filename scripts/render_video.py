"""Draw the poses of one video into it."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import Render
    from posemake.figures.render import RenderInputs, RenderOutputs, RenderRow, render_video

    render_video(
        RenderInputs(
            video=input.video,
            info=input.info,
            standard=input.standard,
            times=input.times,
            raw=input.raw,
            poses=input.poses,
        ),
        RenderOutputs(video=output.video, preview=output.preview, poster=output.poster),
        Render(**params.settings),
        params.skeleton,
        RenderRow(**params.row),
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
