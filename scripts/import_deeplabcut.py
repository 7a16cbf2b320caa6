"""Import a DeepLabCut project into this folder."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.projects.deeplabcut import import_deeplabcut

    import_deeplabcut(params.project)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
