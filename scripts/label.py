"""Open the window for labelling, and wait until it is closed."""

from posemake.labeller import open_labeller
from posemake.log import run_job


def main(input, output, params, log):
    open_labeller(".", params.settings)


if "snakemake" in globals():
    run_job(main, snakemake)
