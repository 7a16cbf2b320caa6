"""Frames that wait for labels: whether the run goes on, and what a person is told."""

import os

from posemake.core.label_state import LabelState, read_label_state

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
    frames, videos = _count(sum(state.open.values()), "frame"), _count(len(state.open), "video")
    return (
        f"posemake {effect}: {frames} in {videos}: {named}{more}. "
        "Label them with the target label, then run snakemake again (config/README.md, «Labels»)."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
