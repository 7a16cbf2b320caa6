"""Make a new project in this folder."""

from posemake.log import run_job
from posemake.project import new_project


def main(input, output, params, log):
    new_project(params.videos, params.keypoints, params.skeleton)


if "snakemake" in globals():
    run_job(main, snakemake)
