"""Take a DeepLabCut project over into this folder."""

from posemake.deeplabcut import import_deeplabcut
from posemake.log import run_job


def main(input, output, params, log):
    import_deeplabcut(params.project)


if "snakemake" in globals():
    run_job(main, snakemake)
