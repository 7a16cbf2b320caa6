"""Figure of a model's learning curve, with a diagnosis."""

import dataclasses
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from posemake.core.json_files import write_json
from posemake.core.paths import StrPath
from posemake.data.label_table import read_labelled
from posemake.models.diagnosis import Finding, LearningCurve, diagnose
from posemake.networks.inputs import input_scale
from posemake.networks.peak_width import peak_width
from posemake.plotting.style import save_figure, style_context

LINE_LENGTH = 130  # characters of a line below the figure
LINE_HEIGHT = 0.17  # inches


@dataclass(frozen=True)
class LearningCurveInputs:
    """Files that `plot_learning_curve` reads."""

    history: StrPath  # learning curve (CSV)
    labels: StrPath  # labels of all frames (CSV)
    split: StrPath  # part of each frame (CSV)


@dataclass(frozen=True)
class LearningCurveOutputs:
    """Files that `plot_learning_curve` writes."""

    figure: StrPath  # PNG
    diagnosis: StrPath  # findings, each with name, what and remedy (JSON)


@style_context()
def plot_learning_curve(
    inputs: LearningCurveInputs, outputs: LearningCurveOutputs, sigma: float, stride: int, scale: float | str
) -> None:
    """Draw loss, errors, learning rate and speed over the steps of a training, with its faults in words below.

    Parameters
    ----------
    inputs
        Files to read.
    outputs
        Files to write.
    sigma, stride, scale
        Settings of the model.
    """
    table = pd.read_csv(inputs.history)
    labelled = read_labelled(inputs.labels, inputs.split, "")  # images are not read
    frames = int((labelled.parts == "train").sum())
    columns = {field.name: table[field.name].to_numpy() for field in dataclasses.fields(LearningCurve)}
    width = peak_width(sigma, stride) / input_scale(labelled, scale)
    findings = diagnose(LearningCurve(**columns), frames, width)
    write_json(outputs.diagnosis, {"findings": [dataclasses.asdict(finding) for finding in findings]})
    save_figure(_draw(table, findings), outputs.figure, 120)


def _draw(table: pd.DataFrame, findings: Sequence[Finding]) -> Figure:
    sentences = [f"{finding.name}: {finding.what}. {finding.remedy}" for finding in findings] or ["No complaint."]
    lines = [line for sentence in sentences for line in textwrap.wrap(sentence, LINE_LENGTH)]
    figure = Figure(figsize=(8, 5 + LINE_HEIGHT * len(lines)))
    (loss, error), (rate, speed) = figure.subplots(2, 2, sharex=True)
    for part, color in (("train", "0.3"), ("validation", "C0")):
        loss.plot(table["step"], table[f"{part}_loss"], color=color, label=part)
        error.plot(table["step"], table[f"{part}_error"], color=color, label=f"{part}, mean")
        error.plot(table["step"], table[f"{part}_median"], color=color, ls=":", label=f"{part}, median")
    best = table.iloc[int(table["validation_error"].argmin())]
    error.plot(best["step"], best["validation_error"], "o", color="C3", label=f"kept: {best['validation_error']:.2f} px")
    rate.plot(table["step"], table["learning_rate"], color="0.3")
    speed.plot(table["step"], table["images_per_second"], color="0.3")
    loss.set(ylabel="loss", yscale="log")
    error.set(ylabel="error / px", yscale="log")
    rate.set(xlabel="step", ylabel="learning rate")
    speed.set(xlabel="step", ylabel="images per second", ylim=(0, None), title=f"{table['seconds'].iloc[-1]:.0f} s in all")
    for axes in (loss, error):
        _label_logarithmic_axis(axes)
        axes.legend(frameon=False, fontsize="small")
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize="small")
    return figure


def _label_logarithmic_axis(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(LogFormatter())
    axes.yaxis.set_minor_formatter(LogFormatter())
