"""The stage that writes the page of one model: what its errors are, how they were measured, and what they mean."""

from pathlib import Path
from typing import Any

import pandas as pd

from posemake.core.atomic import write_text
from posemake.core.json_files import read_json
from posemake.data.label_table import PARTS
from posemake.evaluation.repeat_summary import findings
from posemake.plotting.html import render

FEW_FRAMES, FEW_BLOCKS = 30, 5  # of the test part, below which the page warns

PAGE = """\
{% from "head" import table %}{% include "head" %}
<title>posemake: evaluation of {{ name }}</title>
{% macro figure(file, what) %}<p><a href="{{ file }}"><img src="{{ file }}" alt="{{ what }} of {{ name }}" loading="lazy"></a></p>{% endmacro %}
<h1>Evaluation of {{ name }}</h1>
<p class="note">Round {{ round }}. Keypoints: {{ summary.model.keypoints | join(", ") }}. <a href="{{ index }}">All results</a>.
Files: {% for file in files %}<a href="{{ file }}">{{ file }}</a>{{ ", " if not loop.last }}{% endfor %}.</p>
<div class="tiles">{% for value, what in tiles %}<div class="tile"><b>{{ value }}</b>{{ what }}</div>
{% endfor %}</div>
<h2>What this error means</h2>
<ul>{% for sentence in limits %}<li>{{ sentence }}</li>
{% endfor %}</ul>
<h2>Data and split</h2>
<p>Unit of the split: {{ split.unit }}{% if split.unit == "block" %} of {{ split.block }} frames{% endif %}; shares asked for:
{{ split.validation }} validation, {{ split.test }} test; seed {{ split.seed }}. What is of one unit is in one part.
The training part fitted the weights, the validation part chose the step whose weights were kept, the test part did neither.</p>
{{ table(data) }}
<h2>Errors</h2>
<p>Distances between prediction and label in pixels of the video; <code>mean</code> is the figure that DeepLabCut calls RMSE,
<code>rmse</code> the root of the mean square. In brackets: 95 % confidence intervals, by the percentile bootstrap over units of the
split ({{ s.draws }} draws, seed {{ s.seed }}; Efron &amp; Tibshirani 1993), not given with fewer than five units;
one without any width says that no draw differed, and not that the figure is certain. <code>blocks</code>: units of the split; <code>n</code>: points.
<code>pck_…</code>: share of points at most that many pixels off. <code>confident</code>: share of points with a confidence of
{{ s.threshold }} or more; <code>…_confident</code>: of these alone.
{% if reference %}<code>normalised</code> and <code>pck_relative_…</code> are in reference lengths: the median distance of
{{ reference | join(" and ") }} in the labels of the same video, {{ lengths }}.{% endif %}</p>
<h3>Parts</h3>
{{ table(parts) }}
<h3>Test part, by keypoint</h3>
{{ table(keypoints) }}
{% for by, rows in of %}<h3>Test part, by {{ by }}</h3>
{{ table(rows) }}
{% endfor %}
<p>Object keypoint similarity (<code>oks</code>) and mean average precision (<code>map</code>, <code>ap_50</code>, <code>ap_75</code>) as
COCO defines them (Ronchi &amp; Perona 2017), with
{% for value, of in sigmas %}σ = {{ value }} for {{ of }}{{ ", " if not loop.last }}{% endfor %},
and as scale the area of the box around the labelled keypoints, as DeepLabCut has it. COCO takes the area of the animal's outline, and
σ that were measured for people, 0.025 (eyes) to 0.107 (hips): the figures compare models on these frames, and not with those of COCO.
The thinner the box (an animal that lies along an axis of the image), the stricter is the measure. Frames with one labelled
keypoint, or whose box has no area, are left out.</p>
{{ figure("errors.png", "errors by keypoint") }}
{{ figure("cumulative.png", "cumulative errors") }}
{{ figure("examples.png", "test frames") }}
<h2>Differences between groups</h2>
<p>Kruskal–Wallis test over the mean errors of the test part's units of the split, with ε² = H / (n − 1) as effect size
(Tomczak &amp; Tomczak 2014). Blocks of one video, and videos of one animal, are not independent, so that p is too small where a group
has few animals.</p>
<ul>{% for by, found in summary.groups.items() %}<li>{{ by }}:
{% if found.note %}not tested, {{ found.note }}{% else %}H = {{ found.statistic | short }}, p = {{ found.p | short }}, ε² = {{ found.epsilon_squared | short }};
median of the units: {% for key, value in found.median.items() %}{{ key }} {{ value | short }} px ({{ found.groups[key] }} units){{ ", " if not loop.last }}{% endfor %}{% endif %}</li>
{% endfor %}</ul>
{% if people is not none %}
<h2>Beside the disagreement of people</h2>
<p>Where several people labelled the same frames: the distance between any two of them, and the model's distance from the labels it was
trained on, in pixels. <code>same_…</code>: on the very same points, as far as they are in the test part.
The model cannot be expected to be more exact than people are.</p>
{{ table(people) }}
{% endif %}
{% if repeats is not none %}
<h2>Repeats</h2>
<p>Further trainings of this model: with other seeds (<code>seed</code>, on the same split); k-fold cross-validation over the units of the
split (<code>fold</code>: each unit is tested in one fold, and each fold has validation units of its own); with shares of the training
units (<code>labels</code>, with the same validation and test frames, a smaller share within the larger).
<code>train</code>, <code>test</code>: frames. <code>sd</code>: standard deviation over the trainings; the model counts among the seeds.
<code>pooled</code>: over the test frames of all folds, whose interval does not hold the chance of training. The folds of one data set share
training frames, so that their deviation is only a rough measure of that of new data (Bengio &amp; Grandvalet 2004).</p>
<ul>{% for sentence in repeats_say %}<li>{{ sentence }}</li>
{% endfor %}</ul>
{{ table(repeats) }}
{{ figure("repeats.png", "repeats") }}
{% endif %}
<h2>Confidence</h2>
<p>On the {{ c.suggested.points }} labelled points of the validation and test parts; right is what lies at most {{ c.correct_px }} px from the label.
{% if c.suggested.threshold is none %}No threshold can be suggested: none has 20 points or more that pass, of which {{ (100 * c.share) | round | int }} % are right.
{% else %}Suggested threshold: <b>{{ suggested }}</b>, the lowest at which {{ (100 * c.share) | round | int }} % of the points that pass are right: {{ c.suggested.passing }} points
pass, {{ (100 * c.suggested.correct) | round(1) }} % of them right. (The config has {{ c.threshold }}.){% endif %}
{% if c.error is not none %}Expected calibration error: {{ c.error | short }} (Guo et al. 2017), the mean difference of confidence and share of right points;
the confidence is the height of a heatmap and no probability, so that it need not be small.{% endif %}
A keypoint that is hidden has no label: how confident the model is there is not measured.</p>
{{ figure("calibration.png", "reliability of the confidence") }}
<h2>Model and training</h2>
{{ figure("learning_curve.png", "learning curve") }}
{{ figure("augmentation.jpg", "training frames and their variants") }}
<p>{{ steps }} steps; the weights of step {{ kept.step }} were kept, with a mean validation error of {{ kept.validation_error | short }} px.
Digest of the weights: <code>sha256:{{ summary.model.sha256 }}</code>.</p>
{{ table(settings) }}
<h3>Versions</h3>
{{ table(versions) }}
</html>
"""

MEANING = {
    "block": "The test frames are other moments of recordings that the model was trained on. The error holds for these recordings; in "
    "new recordings or of new animals it can be larger (split.unit: video or subject tells).",
    "video": "The test frames are of recordings that the model was not trained on. Their animals may be among those it was trained on.",
    "subject": "The test frames are of animals that the model was not trained on.",
}


def _read(path: str) -> pd.DataFrame:
    return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=dict.fromkeys(("video", "image", "unit", "value"), str))


def _with_bounds(rows: pd.DataFrame) -> pd.DataFrame:
    """The table with confidence intervals in brackets behind the figures that have one."""
    shown = rows.drop(columns=[name for name in rows if name.endswith(("_low", "_high"))]).astype(object)
    for name in shown:
        if f"{name}_low" in rows:
            shown[name] = [
                value if low != low else f"{value:.3g} ({low:.3g} – {high:.3g})"
                for value, low, high in zip(rows[name], rows[f"{name}_low"], rows[f"{name}_high"])
            ]
    return shown


def _pick(rows: pd.DataFrame, *wanted: str) -> pd.DataFrame:
    """Columns by name, or by their beginning where it ends in an underscore, with their bounds; those that hold anything."""
    names = [n for w in wanted for n in rows if n == w or (w.endswith("_") and n.startswith(w))]
    names = [n for n in dict.fromkeys(names) if rows[n].notna().any() and not n.endswith(("_low", "_high"))]
    names = [n for n in names if not (n.startswith("pck_") and n.endswith("_confident"))]
    bounds = [f"{n}_{end}" for n in names for end in ("low", "high") if f"{n}_{end}" in rows]
    return _with_bounds(rows[[*names, *bounds]])


def count_data(split: pd.DataFrame, errors: pd.DataFrame, sheet: dict[str, dict]) -> pd.DataFrame:
    """Frames, points, videos, subjects and units of each part."""
    rows = []
    for part in PARTS:
        of, points = split[split["part"] == part], errors[errors["part"] == part]
        subjects = {sheet.get(video, {}).get("subject") for video in of["video"]} - {None}
        seen = len(points[["video", "image"]].drop_duplicates())
        rows.append([part, len(of), seen, len(points), of["video"].nunique(), len(subjects) or None, of["unit"].nunique()])
    columns = ["part", "frames", "frames with a keypoint", "labelled points", "videos", "subjects", "units of the split"]
    return pd.DataFrame(rows, columns=columns).dropna(axis=1, how="all")


def beside_people(errors: pd.DataFrame, points: pd.DataFrame, keypoints: list[str]) -> pd.DataFrame:
    """By keypoint, and `all`: distances between people, the model's, and both on the points that people and the test part share.

    Parameters
    ----------
    errors
        A row per labelled point: video, image, keypoint, part, error_px.
    points
        A row per pair of people and point: video, image, keypoint, distance_px (missing where one of them left it out).
    """
    key = ["video", "image", "keypoint"]
    between = points.dropna(subset="distance_px").groupby(key, as_index=False)["distance_px"].mean()
    test = errors[errors["part"] == "test"]
    same = test.merge(between, on=key)
    rows = []
    for name in ["all", *keypoints]:
        p, m, s = (t if name == "all" else t[t["keypoint"] == name] for t in (between, test, same))
        figures = [len(p), p["distance_px"].mean(), p["distance_px"].median(), m["error_px"].mean(), m["error_px"].median()]
        rows.append([name, *figures, len(s), s["distance_px"].mean(), s["error_px"].mean()])
    columns = ["keypoint", "n_people", "people_mean", "people_median", "model_mean", "model_median"]
    return pd.DataFrame(rows, columns=[*columns, "same_n", "same_people_mean", "same_model_mean"])


def limits(data: pd.DataFrame, split: dict[str, Any], videos: set[str], tested: set[str]) -> list[str]:
    """Sentences that say for what the test error stands, and for what not."""
    test = data[data["part"] == "test"].iloc[0]
    found = [MEANING[split["unit"]]]
    frames, blocks = int(test["frames with a keypoint"]), int(test["units of the split"])
    if frames < FEW_FRAMES or blocks < FEW_BLOCKS:
        found.append(
            f"The test part is small ({frames} frames in {blocks} units): take its figures for rough ones, and look at the test frames."
        )
    if unseen := sorted(videos - tested):
        some = ", ".join(unseen[:8]) + (f" and {len(unseen) - 8} more" if len(unseen) > 8 else "")
        found.append(f"No test frame is of {some}.")
    found += [
        "The intervals show how the error varies with the frames that were tested. They do not show how it varies with another "
        "training of the same network, nor that labels differ between people.",
        "The validation part chose the weights, so that its error is a little too low. So is the test error of the better of two "
        "models, if it was the test error that told which is better.",
        "Only labelled points count: what the model gives for a keypoint that is hidden is not measured here.",
    ]
    return found


def _plain(values: dict[str, Any]) -> pd.DataFrame:
    flat = {
        key: value
        for name, given in values.items()
        for key, value in ({f"{name}.{n}": v for n, v in given.items()} if isinstance(given, dict) else {name: given}).items()
    }
    return pd.DataFrame({"name": list(flat), "value": [str(value) for value in flat.values()]})


def _sigmas(of: dict[str, float]) -> list[tuple[float, str]]:
    """Each sigma with the keypoints that have it."""
    every = {value: [name for name in of if of[name] == value] for value in of.values()}
    return [(value, "all keypoints" if len(names) == len(of) else ", ".join(names)) for value, names in every.items()]


def report_model(files: Any, out: str, settings: dict[str, Any], sheet: dict[str, dict]) -> None:
    """Write the page of a model. It links to figures and tables beside it.

    Parameters
    ----------
    files
        With the attributes split, history, metrics, errors, summary (what ``evaluate_model`` wrote), scorers: the distances
        between people by point, one path or none, and repeats: the table of repeats and its figure, or none.
    out
        HTML to write, in the model's folder.
    settings
        ``round``, ``split`` (settings of the split) and ``index`` (the page of all results, relative to ``out``).
    sheet
        Subject of each video, where it is known.
    """
    split, metrics, errors, history = map(_read, (files.split, files.metrics, files.errors, files.history))
    summary = read_json(files.summary)
    data = count_data(split, errors, sheet)
    whole = metrics[(metrics["by"] == "all") & (metrics["keypoint"] == "all")]
    test = metrics[metrics["part"] == "test"]
    of_all = _with_bounds(whole[whole["part"] == "test"]).iloc[0]
    shares = ("mean", "median", "rmse", "p75", "p90", "p95", "p99")
    relative = ("normalised", "pck_relative_")
    kept = history.loc[history["validation_error"].idxmin()].to_dict()
    passing = ("confident", "mean_confident", "median_confident")
    lengths = sorted(summary["reference"]["px"].values())
    suggested = summary["calibration"]["suggested"]["threshold"]
    scorers = _read(files.scorers[0]) if files.scorers else None
    repeats = _read(files.repeats[0]) if files.repeats else None
    names = summary["model"]["keypoints"]
    page = render(
        PAGE,
        name=Path(out).parent.name,
        round=settings["round"],
        index=settings["index"],
        files=["metrics.csv", "errors.csv", "evaluation.json", "history.csv", *(["repeats.csv"] if files.repeats else [])],
        summary=summary,
        s=summary["settings"],
        sigmas=_sigmas(summary["oks_sigmas"]),
        c=summary["calibration"],
        suggested=suggested if suggested is None else f"{suggested:.3f}",
        reference=summary["reference"]["keypoints"],
        lengths="" if not lengths else f"{lengths[0]:.4g} to {lengths[-1]:.4g} px",
        tiles=[
            (of_all["mean"] if isinstance(of_all["mean"], str) else f"{of_all['mean']:.3g}", "px, mean test error"),
            (of_all["median"] if isinstance(of_all["median"], str) else f"{of_all['median']:.3g}", "px, median test error"),
            (int(of_all["n"]), f"test points in {int(of_all['frames'])} frames, {int(of_all['blocks'])} units of the split"),
        ],
        limits=limits(data, settings["split"], set(split["video"]), set(split["video"][split["part"] == "test"])),
        split=settings["split"],
        data=data,
        parts=_pick(whole, "part", "frames", "blocks", "n", *shares, "pck_", *relative, *passing, "oks", "map", "ap_50", "ap_75"),
        keypoints=_pick(test[test["by"] == "all"], "keypoint", "n", *shares, "pck_", *relative, *passing),
        of=[
            (by, _pick(rows, "value", "frames", "blocks", "n", "mean", "median", "p95", "normalised", "confident", "oks", "map"))
            for by, rows in test[(test["by"] != "all") & (test["keypoint"] == "all")].groupby("by", sort=False)
        ],
        repeats=None if repeats is None else _with_bounds(repeats),
        repeats_say=[] if repeats is None else findings(repeats),
        people=None if scorers is None else beside_people(errors, scorers, names),
        steps=int(history["step"].iloc[-1]),
        kept=kept | {"step": int(kept["step"])},
        settings=_plain(summary["model"]["settings"]),
        versions=_plain(summary["model"]["versions"]),
    )
    write_text(out, page)
