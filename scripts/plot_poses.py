"""Plot the poses of one video, and what each filter step changed in them."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.config.settings import Filter, Plots
    from posemake.figures.filter_plots import plot_filter
    from posemake.figures.pose_plots import PlotInputs, PlotOutputs, plot_poses

    settings = Plots(**params.settings)
    plot_poses(
        PlotInputs(poses=input.poses, info=input.info, times=input.times),
        PlotOutputs(
            trajectory=output.trajectory,
            coordinates=output.coordinates,
            confidence=output.confidence,
            displacement=output.displacement,
        ),
        settings,
        **params.row,
    )
    plot_filter(input.stretches, input.summary, output.filtering, settings, params.keypoints, Filter(steps=params.steps).steps)


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
