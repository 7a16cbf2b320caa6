# The project, and what rules share. What decides which files belong to a run is in scripts/posemake/jobs. No rules.

import functools
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake_interface_common.exceptions import ApiError

sys.path.insert(0, str(Path(workflow.snakefile).parents[1] / "scripts"))

from posemake.config.validation import raise_faults
from posemake.core.label_state import read_label_state
from posemake.core.sampling import pick_evenly
from posemake.jobs.brief_output import BriefOutput
from posemake.jobs.cluster import describe_leftover_jobs, describe_unsafe_names, find_leftover_jobs
from posemake.jobs.code_digest import CodeDigests
from posemake.jobs.garbage import collect_garbage_seldom
from posemake.jobs.portions import Portions
from posemake.jobs.preflight import RunOptions, refuse_run
from posemake.jobs.project import alternatives, content_digests, find_project, has_keys, signature
from posemake.jobs.run_events import RunEvents
from posemake.jobs.targets import targets_of_next_round, targets_with_labels, targets_without_labels
from posemake.jobs.typed_options import typed_option
from posemake.jobs.waiting import dry_run_message, must_wait, results_message, waiting_message

collect_garbage_seldom()  # planning many videos makes millions of objects that stay

CONFIG = "config/config.yaml"
if has_keys(CONFIG):

    configfile: CONFIG


PROJECT, REFUSAL = find_project(config, CONFIG)
if PROJECT:
    ROUND = PROJECT.round
    KEYPOINTS = list(PROJECT.config.keypoints)
    SKELETON = [list(edge) for edge in PROJECT.config.skeleton]
    CODE_DIGESTS = CodeDigests(".snakemake/posemake-code.json")

    wildcard_constraints:
        video=r"[A-Za-z0-9][A-Za-z0-9_.-]*",
        model=r"[A-Za-z0-9][A-Za-z0-9_-]*",
        round=r"\d+",
        repeat=r"seed-\d+|fold-\d+-of-\d+|labels-0\.\d+",


def code(script):
    """Return the digest of the code that a rule runs, for its params."""
    return CODE_DIGESTS.digest(script)


def grow(base):
    """Return a resource that grows with the attempt."""
    return lambda wildcards, attempt: base * attempt


def typed(key):
    """Return a value as it was typed on the command line, before Snakemake makes a number of it."""
    return typed_option(key, config, workflow.config_settings.config_args)


def outputs(targets):
    """Return the files of targets."""
    return [
        path for target in targets for path in expand(getattr(rules, target.rule).output, **target.wildcards)
    ]


@functools.cache
def portions(kind):
    """Return the portions of prepared videos, `videos`, or of the poses of a round and model, as `round-0/small`."""
    mark = expand(rules.complete_portion.output, kind=kind, allow_missing=True)[0]
    if kind == "videos":
        return Portions(PROJECT.present_videos, rules.prepare_video.output, mark)
    number, model = kind.removeprefix("round-").split("/")
    made_of_video = (rules.predict_poses, rules.filter_poses, rules.render_video, rules.plot_poses)
    patterns = [path for rule in made_of_video for path in rule.output]
    patterns = expand(patterns, round=number, model=model, allow_missing=True)
    return Portions(PROJECT.videos_to_analyse, patterns, mark, f".{PROJECT.config.plots.format}")


def files_without_labels(wildcards):
    """Return what a run makes before there are labels."""
    return outputs(targets_without_labels(PROJECT)) + portions("videos").targets()


def files_with_labels(wildcards):
    """Return what a run makes of labels: round by round, and nothing more while frames of a round wait for labels."""
    files = []
    for number in range(ROUND + 1):
        collected = checkpoints.collect_labels.get(round=number).output
        files += [*collected, *outputs(targets_of_next_round(PROJECT, number) if number else [])]
        if must_wait(read_label_state(collected.state), PROJECT.config.labels.policy):
            return files
    poses = [portions(f"round-{ROUND}/{model}").targets() for model in PROJECT.applied_models]
    return files + outputs(targets_with_labels(PROJECT)) + sum(poses, [])


def refuse(wildcards):
    """Say why there is no project, where no run begins, as in `snakemake --summary`."""
    raise WorkflowError(REFUSAL)


# `workflow` has no documented attributes for what follows. A job of a cluster is a process of Snakemake too, but not the main one.
def refuse_before_run():
    """Return why a run would go wrong; nothing if it can begin."""
    options = RunOptions(
        targets=frozenset(workflow.dag_settings.targets),
        dry_run=workflow.output_settings.dryrun,
        everything_again=workflow.dag_settings.forceall,
        own_environments=bool(workflow.deployment_settings.deployment_method),
        records_elsewhere=bool(workflow.workflow_settings.persistence_backend_db_url),
    )
    return refuse_run(PROJECT, REFUSAL, options) if workflow.is_main_process else ""


def check_cluster():
    """Refuse to send jobs to other machines that could not run there, or beside those of another run."""
    if PROJECT and not workflow.local_exec:
        videos = [PROJECT.rows[video].path for video in PROJECT.present_videos]
        faults = describe_unsafe_names([os.getcwd(), workflow.basedir, *videos, *PROJECT.provided_files])
        is_slurm = workflow.executor_plugin.name == "slurm"
        raise_faults(
            faults or describe_leftover_jobs(find_leftover_jobs(".") if is_slurm else []), WorkflowError
        )


def is_brief():
    """Return whether the terminal gets a line for each kind of job: on this machine, unless an option asks for more or less."""
    output = workflow.output_settings
    asked = output.quiet or output.verbose or output.printshellcmds or output.debug_dag or output.dryrun
    return workflow.is_main_process and workflow.local_exec and not asked


def say_what_is_next(dry_run=False):
    """Say, at the end of a run without failures, what waits for labels and what to open."""
    # what was labelled just now is counted by the next run
    if not PROJECT or not workflow.is_main_process or "label" in RUN.rules_run:
        return
    policy, is_whole = PROJECT.config.labels.policy, set(workflow.dag_settings.targets) <= {"all"}
    messages = [] if dry_run else [waiting_message(ROUND, policy)]
    if is_whole:
        messages += [
            (
                dry_run_message(ROUND, policy)
                if dry_run
                else results_message(ROUND, policy, PROJECT.applied_models)
            )
        ]
    for message in filter(None, messages):
        print(f"\n{message}", file=sys.stderr)


RUN = RunEvents(refuse_before_run, ApiError, lambda: REFUSAL, say_what_is_next)
logger.addHandler(RUN)
OUTPUT = BriefOutput(is_brief)
for handler in logger.handlers:
    if handler.name == "DefaultStreamHandler":
        handler.addFilter(OUTPUT.shows)
        logger.addHandler(OUTPUT)
        break
