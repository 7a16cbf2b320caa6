"""Write the page of all results."""

from posemake.jobs.job import run_job


def main(input, output, params, log):
    from posemake.reports.index_page import IndexInputs, IndexOutputs, ResultFolders, write_index

    write_index(
        IndexInputs(
            videos=next(iter(input.videos), None),
            split=input.split,
            metrics=input.metrics,
            histories=input.histories,
            tables=input.tables,
        ),
        IndexOutputs(index=output.index),
        ResultFolders(**params.folders),
        round_number=params.round,
        keypoints=params.keypoints,
        plot_format=params.plot_format,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
