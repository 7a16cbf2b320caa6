"""Choose the frames of one video that a person labels."""

from posemake.log import run_job
from posemake.select import select_frames


def main(input, output, params, log):
    select_frames(
        input.video,
        input.info,
        input.standard,
        input.features or None,
        output.frames,
        output.candidates,
        output.selection,
        params.settings,
        params.row,
    )


if "snakemake" in globals():
    run_job(main, snakemake)
