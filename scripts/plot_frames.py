"""Draw the chosen frames of one video, and what they were chosen from."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.frames.figures import PlotFramesInputs, PlotFramesOutputs, plot_frames

    plot_frames(
        PlotFramesInputs(
            candidates=input.candidates,
            frames=input.frames,
            selection=input.selection,
            images=input.images,
            times=input.times,
        ),
        PlotFramesOutputs(sheet=output.sheet, selection=output.selection),
        fps=params.row["fps"],
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
