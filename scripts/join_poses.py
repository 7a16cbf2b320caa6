"""Join the poses of the parts of one video."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.poses.join import PoseOutputs, join_poses

    join_poses(
        input.parts,
        input.engine,
        PoseOutputs(h5=output.h5, csv=output.csv, provenance=output.provenance),
        model=params.model,
        code=params.code,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
