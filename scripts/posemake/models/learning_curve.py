"""The stage that plots the learning curve of a model, and judges it."""

import dataclasses
import textwrap
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from posemake.core.json_files import write_json
from posemake.data.geometry import peak_width
from posemake.data.label_table import read_labelled
from posemake.models.diagnosis import diagnose
from posemake.networks.inputs import suitable_scale
from posemake.plotting.style import save_figure


def plot_learning_curve(
    history_file: str, labels_file: str, split_file: str, out: str, diagnosis_file: str, settings: dict[str, Any]
) -> None:
    """Draw loss, errors, learning rate and speed over the steps of a training, and say below what is wrong with it.

    Parameters
    ----------
    history_file, labels_file, split_file
        What the training wrote, and the labelled frames with their parts.
    out
        PNG to write.
    diagnosis_file
        JSON to write: the findings, each with name, what and remedy.
    settings
        ``sigma``, ``stride`` and ``scale`` of the model.
    """
    table = pd.read_csv(history_file)
    labelled = read_labelled(labels_file, split_file, "labels")
    frames = int((labelled.parts == "train").sum())
    sigma = peak_width(settings["sigma"], settings["stride"]) / suitable_scale(labelled, settings["scale"])
    names = ("step", "train_loss", "validation_loss", "train_error", "validation_error")
    findings = diagnose(*(table[name].to_numpy() for name in names), frames, sigma)
    write_json(diagnosis_file, {"findings": [dataclasses.asdict(finding) for finding in findings]})
    words = [f"{finding.name}: {finding.what}. {finding.remedy}" for finding in findings] or ["No complaint."]
    lines = [line for sentence in words for line in textwrap.wrap(sentence, 130)]
    figure = Figure(figsize=(8, 5 + 0.17 * len(lines)))
    grid = figure.subplots(2, 2, sharex=True)
    for part, color in (("train", "0.3"), ("validation", "C0")):
        grid[0, 0].plot(table["step"], table[f"{part}_loss"], color=color, label=part)
        grid[0, 1].plot(table["step"], table[f"{part}_error"], color=color, label=f"{part}, mean")
        grid[0, 1].plot(table["step"], table[f"{part}_median"], color=color, ls=":", label=f"{part}, median")
    best = table["validation_error"].idxmin()
    at = table["step"][best], table["validation_error"][best]
    grid[0, 1].plot(*at, "o", color="C3", label=f"kept: {at[1]:.2f} px")
    grid[1, 0].plot(table["step"], table["learning_rate"], color="0.3")
    grid[1, 1].plot(table["step"], table["images_per_second"], color="0.3")
    grid[0, 0].set(ylabel="loss", yscale="log")
    grid[0, 1].set(ylabel="error / px", yscale="log")
    grid[1, 0].set(xlabel="step", ylabel="learning rate")
    grid[1, 1].set(xlabel="step", ylabel="images per second", ylim=(0, None), title=f"{table['seconds'].iloc[-1]:.0f} s in all")
    for axes in grid[0]:
        axes.yaxis.set_major_formatter(LogFormatter())
        axes.yaxis.set_minor_formatter(LogFormatter())
        axes.legend(frameon=False, fontsize="small")
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize="small")
    save_figure(figure, out, 120)
