"""Gather how many frames were chosen of each video, and of each group and subject."""

from posemake.log import run_job
from posemake.tables import tabulate_frames


def main(input, output, params, log):
    tabulate_frames(input, output.table, output.groups, params.settings)


if "snakemake" in globals():
    run_job(main, snakemake)
