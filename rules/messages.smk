# What `snakemake` says before and at the end of a run. No rules.

from posemake.core.machine_errors import disk_sentence
from posemake.jobs.failures import error_sentences


def refuse_a_disk_that_takes_nothing():
    """Before a run: Snakemake itself would break with a traceback, at its first note."""
    if workflow.output_settings.dryrun or "--unlock" in sys.argv:
        return
    for folder in filter(os.path.isdir, (".", ".snakemake", "logs", "results")):
        if sentence := disk_sentence(folder, "this project" if folder == "." else folder):
            raise WorkflowError(sentence)


def counted(number, what):
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def say_what_waits():
    """At the end of a run, tell the person what is to be done."""
    if not HAS_PROJECT or "label" in sys.argv:  # what was labelled just now is counted by the next run
        return
    paths = [f"results/labels/round-{number}/state.json" for number in range(ROUND + 1)]
    # a round's state tells of those before as well
    found = [read_json(path) for path in paths if os.path.exists(path)]
    state = next((state for state in found if state["open"]), {"open": {}})
    waiting = state["open"]
    if waiting:
        some = ", ".join(f"{video} ({count})" for video, count in list(waiting.items())[:8])
        more = f" and {len(waiting) - 8} more" if len(waiting) > 8 else ""
        does = "waits for labels" if must_wait(state) else "went on without the labels of frames that wait"
        print(
            f"\nposemake {does}: {counted(sum(waiting.values()), 'frame')} in {counted(len(waiting), 'video')}: {some}{more}. "
            f"Label them with the target label, then run snakemake again (config/README.md, «Labels»).",
            file=sys.stderr,
        )


def say_what_failed(log):
    """At the end of a run that failed, give each job's error as a sentence, once."""
    # a rule that uses another one runs that one's script
    scripts = {each.name: Path(each.script).stem for each in workflow.rules if each.script}
    sentences = error_sentences(log[0] if isinstance(log, list) else log, scripts)
    if sentences:
        print("\nposemake could not finish:", *sentences, sep="\n  ", file=sys.stderr)
