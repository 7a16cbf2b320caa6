"""Write the page of one model: its errors, and what they mean."""

from posemake.jobs.job import run_job


def first_file(files):
    """Return a single file, or the first of several; None if there are none."""
    return files if isinstance(files, str) else next(iter(files), None)


def main(input, output, params, log):
    from posemake.config.settings import Split
    from posemake.config.video_metadata import video_metadata
    from posemake.evaluation.model_page import ModelPageInputs, ModelPageOutputs, report_model

    report_model(
        ModelPageInputs(
            split=input.split,
            history=input.history,
            metrics=input.metrics,
            errors=input.errors,
            summary=input.summary,
            scorers=first_file(input.scorers),
            repeats=first_file(input.repeats),
        ),
        ModelPageOutputs(page=output.page),
        split=Split(**params.split),
        videos=video_metadata(params.sheet),
        round_number=params.round,
        index=params.index_page,
    )


if "snakemake" in globals():
    run_job(main, globals()["snakemake"])
