"""Find out what one video holds and how its frames are read."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import Prepare
    from posemake.video.prepare import PrepareOutputs, PrepareRow, prepare_video

    prepare_video(
        input.video,
        PrepareOutputs(info=output.info, times=output.times, standard=output.standard),
        Prepare(**params.settings),
        PrepareRow(**params.row),
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
