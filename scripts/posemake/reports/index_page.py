"""The stage that writes the page a person looks at first. It links to results by relative paths and holds none itself."""

import os
from pathlib import Path
from typing import Any

import pandas as pd

from posemake.analysis.pose_quality import FLOORS, stand_out
from posemake.core.atomic import write_text
from posemake.core.sampling import SHOWN, evenly
from posemake.plotting.html import render

WORST = 5  # videos in the table of those that were seen least surely

PAGE = """\
{% from "head" import table %}{% include "head" %}
<title>posemake: results</title>
<h1>posemake</h1>
<p class="note">Round {{ round }}. Keypoints: {{ keypoints | join(", ") }}.</p>
<div class="tiles">
  {% for value, what in tiles %}<div class="tile"><b>{{ value }}</b>{{ what }}</div>
  {% endfor %}
</div>
<h2>Models</h2>
{% for model in models %}
<h3>{{ model.name }}</h3>
<p>Error on frames that the training never saw, in pixels of the video; <code>mean</code> is the figure that DeepLabCut calls RMSE.
<code>mean_low</code> and <code>mean_high</code> bound its 95 % confidence interval.
<code>confident</code> is the share of points at or above the confidence threshold.
How this was measured, and what it means: <a href="{{ model.folder }}/index.html"><b>evaluation of {{ model.name }}</b></a>.
All figures: <a href="{{ model.folder }}/metrics.csv">metrics.csv</a>, <a href="{{ model.folder }}/errors.csv">errors.csv</a>.</p>
{{ table(model.test) }}
<p>{% for name in ("learning_curve", "errors") %}<a href="{{ model.folder }}/{{ name }}.png"><img src="{{ model.folder }}/{{ name }}.png"
alt="{{ name }} of {{ model.name }}" width="540" loading="lazy"></a> {% endfor %}</p>
<p><a href="{{ model.folder }}/examples.png"><img src="{{ model.folder }}/examples.png" alt="test frames of {{ model.name }}" loading="lazy"></a></p>
{% endfor %}
{% for model in predicted %}
<h2>Videos, as {{ model.name }} sees them</h2>
<p>One row per video (<a href="{{ model.table }}">table as CSV</a>; <a href="{{ model.groups }}">by group and subject</a>{% if model.more %}; {{ shown }} of {{ model.more + shown }}, evenly spread{% endif %}).
<code>duration</code> is in seconds. Shares of points: <code>confident</code>, <code>filled</code> between confident ones, <code>missing</code> in the end;
<code>complete</code> is the share of frames with all points. How steady the confident raw points are, which needs no label:
<code>step_median_px</code> and <code>step_p99_px</code>, how far a point moves per frame, usually and in the fastest hundredth;
<code>jitter_px</code>, how much points shake while the animal rests (none is given if it never does); <code>jumps</code>, the share of
steps longer than half a body, which no animal makes; <code>bone_spread</code>, how much distances of joined keypoints vary (median
deviation over median; an animal that turns and stretches has some of it, too).</p>
{{ table(model.rows) }}
{% if model.more %}<p>Of all {{ model.more + shown }}, those with the fewest confident points:</p>
{{ table(model.worst) }}
{% endif %}{% if model.unsteady %}<p>Less steady than the other videos; look at these first:</p>
<ul>{% for sentence in model.unsteady %}<li>{{ sentence }}</li>
{% endfor %}</ul>{% endif %}
<div class="cards">
{% for video in model.videos %}
<div class="card"><h3>{{ video.name }}</h3>
<video controls loop muted preload="none" poster="{{ video.folder }}/poster.png" src="{{ video.folder }}/preview.mp4"></video>
<div>A few seconds of it; <a href="{{ video.folder }}/labelled.mp4">the labelled video</a></div>
{% if plots != "pdf" %}<a href="{{ video.folder }}/trajectory.{{ plots }}"><img src="{{ video.folder }}/trajectory.{{ plots }}"
alt="trajectory of {{ video.name }}" loading="lazy"></a>{% endif %}
<div>{% for name in ("trajectory", "coordinates", "confidence", "displacement") %}<a
href="{{ video.folder }}/{{ name }}.{{ plots }}">{{ name }}</a> · {% endfor %}<a href="{{ video.folder }}/filtering.png">filter</a> ·
<a href="{{ video.folder }}/filtered.csv">filtered.csv</a> ·
<a href="{{ video.folder }}/poses.csv">raw poses.csv</a></div></div>
{% endfor %}
</div>
{% endfor %}
{% if sources is not none %}
<h2>Source videos</h2>
<p>{% if more_sources %}The first {{ shown }} of {{ more_sources + shown }}; all are in{% else %}As{% endif %}
<a href="tables/videos.csv">tables/videos.csv</a>.</p>
{{ table(sources) }}
{% endif %}
</html>
"""

TEST_COLUMNS = ["keypoint", "n", "mean", "mean_low", "mean_high", "median", "rmse", "p90", "confident", "mean_confident"]
SOURCE_COLUMNS = ["video", "subject", "group", "codec", "width", "height", "fps", "frames", "duration", "standardised", "fault"]
POSE_COLUMNS = [
    "video",
    "subject",
    "group",
    "frames",
    "duration",
    "confident",
    "filled",
    "missing",
    "complete",
    "speed_px_per_s",
    "speed_mm_per_s",
    "step_median_px",
    "step_p99_px",
    "jitter_px",
    "jumps",
    "bone_spread",
]


def _read(path: str) -> pd.DataFrame:
    """A table of videos; what a lab calls 007 or NA stays as it is."""
    text = dict.fromkeys(("video", "subject", "session", "group"), str)
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])


def _columns(table: pd.DataFrame, wanted: list[str]) -> pd.DataFrame:
    """The columns of interest that hold anything."""
    return table[[name for name in wanted if table[name].notna().any()]]


def write_index(files, out: str, settings: dict[str, Any]) -> None:
    """Write the page.

    Parameters
    ----------
    files
        With the attributes videos (table of the source videos, one path or none), split, metrics and histories
        (a path per model), tables (a path per model that predicts).
    out
        HTML to write; it stands in the folder that holds all results.
    settings
        ``round``, ``keypoints``, ``plots`` (the format of the videos' figures) and ``folders``: those that hold a folder per model (``models``), and per model and video (``poses``).
    """
    number = settings["round"]
    at = {name: folder.removeprefix(f"{Path(out).parent}/") for name, folder in settings["folders"].items()}
    models, best = [], []
    for path in files.metrics:
        name = Path(path).parent.name
        metrics = pd.read_csv(path)
        test = metrics[(metrics["part"] == "test") & (metrics["by"] == "all")]
        best.append((float(test["median"].iloc[0]), float(test["mean"].iloc[0]), name))
        models.append({"name": name, "folder": f"{at['models']}/{name}", "test": test[TEST_COLUMNS]})
    steps = sum(int(pd.read_csv(path)["step"].iloc[-1]) for path in files.histories)
    predicted = []
    for path in files.tables:
        name, table = Path(path).stem, _read(path)
        spread = table.iloc[evenly(range(len(table)))]
        folder = f"{at['poses']}/{name}"
        predicted.append(
            {
                "name": name,
                "table": os.path.relpath(path, Path(out).parent),
                "groups": os.path.relpath(Path(path).with_suffix(".by_group.csv"), Path(out).parent),
                "rows": _columns(spread, POSE_COLUMNS),
                "worst": _columns(table.nsmallest(WORST, "confident"), POSE_COLUMNS),
                "unsteady": stand_out(table["video"].tolist(), {name: table[name].to_numpy(float) for name in FLOORS})[:SHOWN],
                "more": max(0, len(table) - SHOWN),
                "videos": [{"name": video, "folder": f"{folder}/{video}"} for video in spread["video"]],
            }
        )
    sources = _read(files.videos[0]) if files.videos else None
    parts = pd.read_csv(files.split)["part"].value_counts()
    tiles = [
        (0 if sources is None else len(sources), "videos"),
        (int(parts.sum()), "labelled frames ({train} train, {validation} validation, {test} test)".format(**parts)),
        (f"{steps}", f"training steps, {len(models)} model{'s' * (len(models) > 1)}"),
        (f"{min(best)[0]:.2f} px", f"median test error of {min(best)[2]}"),
        (f"{min(best)[1]:.2f} px", "mean test error"),
    ]
    page = render(
        PAGE,
        round=number,
        keypoints=settings["keypoints"],
        plots=settings["plots"],
        tiles=tiles,
        models=models,
        predicted=predicted,
        sources=None if sources is None else _columns(sources.head(SHOWN), SOURCE_COLUMNS),
        more_sources=0 if sources is None else max(0, len(sources) - SHOWN),
        shown=SHOWN,
    )
    write_text(out, page)
