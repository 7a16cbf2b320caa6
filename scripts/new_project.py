"""Make this folder a project."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.projects.new import new_project

    new_project(videos=params.videos, keypoints=params.keypoints, skeleton=params.skeleton)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
