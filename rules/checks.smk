# What is looked at before any job: packages, links and times. No rules.

import time

from posemake.jobs.cluster import jobs_left, left_behind, unsafe_names
from posemake.core.digests import source_size
from posemake.jobs.input_checks import broken_links, from_the_future, now_in, sample
from posemake.jobs.packages import missing_packages


def check_packages():
    """Refuse to begin where jobs would fail one by one; with conda or a container, they have packages of their own."""
    missing = [] if workflow.deployment_settings.deployment_method else missing_packages()
    if missing:
        raise WorkflowError(
            f"{', '.join(missing)}: not installed, or only in part, in {sys.prefix}; "
            f"run `make env` in {workflow.basedir}, and use the snakemake of its .venv"
        )


def lost_links():
    """What leads to a disk that is not there: results would be made again, and labels would be missed by no one."""
    rounds = [f"labels/round-{number}" for number in range(ROUND + 1)]
    inside = [
        os.path.join(folder, name)
        for folder in filter(os.path.isdir, rounds)
        for name in sorted(os.listdir(folder))
    ]
    return broken_links(["results", "labels", *rounds, *inside, *LABELS, *DECISIONS])


def given_files():
    """What a person gave beside the videos: files of labels and of weights, and what stands for no such file (`none`)."""
    return [*LABELS, *DECISIONS, FRAMES["weights"], *(model["weights"] for model in MODELS.values())]


def unusable_names():
    """Names of files that Snakemake would take for a pattern of its own; those of videos are the sheet's."""
    return [
        f"{path!r}: has {{, }} or a line break in its name, which Snakemake takes for its own; rename the file"
        for path in given_files()
        if re.search(r"[{}\n\r]", path)
    ]


CURE = "run `snakemake --touch --forceall`, which makes nothing"
CURING = not {"--touch", "-t", "--forceall", "-F"}.isdisjoint(sys.argv)


def too_new():
    """What is dated later than now: what is made of it would be older, which Snakemake refuses once the job is done."""
    given = [str(folder_of(VIDEOS[video]["path"])) for video in HERE]
    given += LABELS + DECISIONS
    made = [f"results/videos/{video}/video.json" for video in HERE] + ["results/index.html"]
    now = now_in(".")
    cures = {"run `touch` on it": given, f"{CURE} and dates all results anew": [] if CURING else made}
    return [
        f"{path}: is dated {time.strftime('%Y-%m-%d %H:%M', time.localtime(changed))}, which is in the future; "
        f"if this computer's clock is right, {cure}"
        for cure, paths in cures.items()
        for path, changed in from_the_future(paths, now)
    ]


def lost_records():
    """Results of which Snakemake does not know how they were made: it would take them for up to date whatever changes."""
    made = any(os.path.exists(f"results/videos/{video}/video.json") for video in HERE)
    # what was under way when a run was killed is known as such
    folders = filter(os.path.isdir, (".snakemake/metadata", ".snakemake/incomplete"))
    known = (
        any(map(os.listdir, folders))
        or os.path.exists(".snakemake/metadata.db")
        or getattr(workflow.workflow_settings, "persistence_backend_db_url", None)
    )
    if CURING or known or not made:
        return []
    return [
        ".snakemake: the records of how results were made are gone, so that no change would be noticed; copy this folder as "
        f"well, or, if nothing was changed since, {CURE} and records all anew; `--forceall` alone makes all anew"
    ]


def check_cluster():
    """Refuse to send jobs to other machines that could not run there, or beside those of another run."""
    if not HAS_PROJECT or workflow.local_exec:
        return
    videos = [VIDEOS[video]["path"] for video in HERE]
    faults = unsafe_names([os.getcwd(), workflow.basedir, *videos, *given_files()])
    if workflow.executor_plugin.name == "slurm":
        faults = faults or left_behind(jobs_left("."))
    raise_faults(faults, WorkflowError)


def look_of(path):
    """Bytes, number of files and some of the content: notices one that was replaced by one that is older than the results."""
    return [*source_size(path), sample(path)]


def look_of_start(wildcards):
    """The same of the file that a model's training starts from, if there is one."""
    return [look_of(path) for path in filter(None, [starting_weights(wildcards)])]


if workflow.is_main_process:  # a job's computer may have another clock
    check_packages()
if HAS_PROJECT and workflow.is_main_process and "--unlock" not in sys.argv:
    raise_faults(unusable_names() + lost_links() or lost_records() or too_new(), WorkflowError)
