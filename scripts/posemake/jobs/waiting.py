"""Frames that wait for labels: whether the run goes on, and what a person is told at its end."""

import glob
import os
from collections.abc import Iterable

from posemake.core.label_state import LabelState, read_label_state
from posemake.core.plural import count_noun

MAX_NAMED = 8  # videos in the message


def must_wait(state: LabelState, policy: str) -> bool:
    """Return whether nothing is trained before more frames are labelled, by the setting `labels.policy`."""
    return bool(state.open) and not (policy == "partial" and state.labelled)


def waiting_message(last_round: int, policy: str) -> str:
    """Return which frames of the first round that is not complete wait for labels; nothing if none do.

    Parameters
    ----------
    last_round
        The active round.
    policy
        The setting `labels.policy`.
    """
    paths = (f"results/labels/round-{number}/state.json" for number in range(last_round + 1))
    states = (read_label_state(path) for path in paths if os.path.exists(path))
    state = next((state for state in states if state.open), None)
    if state is None:
        return ""
    named = ", ".join(f"{video} ({count})" for video, count in list(state.open.items())[:MAX_NAMED])
    more = f" and {len(state.open) - MAX_NAMED} more" if len(state.open) > MAX_NAMED else ""
    effect = "waits for labels" if must_wait(state, policy) else "went on without the labels of frames that wait"
    frames, videos = count_noun(sum(state.open.values()), "frame"), count_noun(len(state.open), "video")
    return (
        f"posemake {effect}: {frames} in {videos}: {named}{more}. "
        "Label them with the target label, then run snakemake again (config/README.md, «Labels»)."
    )


def _rounds_to_wait_for(last_round: int, policy: str) -> list[int]:
    """Return the rounds whose labels are not counted yet, or for which the run waits."""
    paths = {number: f"results/labels/round-{number}/state.json" for number in range(last_round + 1)}
    return [number for number, path in paths.items() if not os.path.exists(path) or must_wait(read_label_state(path), policy)]


def dry_run_message(last_round: int, policy: str) -> str:
    """Return that a dry-run does not list what follows once labels are there; nothing if they are.

    Parameters
    ----------
    last_round
        The active round.
    policy
        The setting `labels.policy`.
    """
    rounds = _rounds_to_wait_for(last_round, policy)
    if not rounds:
        return ""
    return (
        f"These are the jobs up to the labels of round {rounds[0]}. The training, its evaluation and the poses of all videos "
        "follow once the frames are labelled (config/README.md, «Labels»)."
    )


def results_message(last_round: int, policy: str, models: Iterable[str]) -> str:
    """Return what to open after a run of everything; nothing while it waits for labels.

    Parameters
    ----------
    last_round
        The active round.
    policy
        The setting `labels.policy`.
    models
        Models that predict poses.
    """
    index = "results/index.html"
    if _rounds_to_wait_for(last_round, policy) or not os.path.exists(index):
        return ""
    videos = [f"results/poses/round-{last_round}/{model}/*/labelled.mp4" for model in models]
    there = [pattern for pattern in videos if glob.glob(pattern)]
    return f"posemake is done: open {index}" + (f"; the labelled videos are {', '.join(there)}" if there else "")
