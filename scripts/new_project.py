"""Make a new project in this folder."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.projects.new import new_project

    new_project(params.videos, params.keypoints, params.skeleton)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
