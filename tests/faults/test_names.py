"""Names that a shell, Snakemake or FFmpeg would take for more than names: refused, or handled as they are, and never run."""

import re
import shutil

import pandas as pd
import pytest
from fixtures.collected import LABELS, refusal
from hypothesis import given, settings
from hypothesis import strategies as st
from workflow import tiny
from workflow.tiny import CONFIG, SHEET, draw, snakemake, write_config, write_sheet

from posemake.config.validation import check_config
from posemake.config.video_sheet import read_videos
from posemake.core.errors import PosemakeError
from posemake.labelling.store.store import LabelStore
from posemake.plotting.html import render_page

CANARY = "$(touch canary)"
WORST = f"wörst {CANARY} ';`touch canary`\"&|; touch canary; #[a]*? 100%d"
PATHS = [
    f"{CANARY}.mp4",
    "`touch canary`.mp4",
    "; touch canary;.mp4",
    "-i.mp4",
    "quo'te\".mp4",
    "glob[a]*?.mp4",
    "100%d.mp4",
    "data:x.mp4",
    "concat:a|b.mp4",
    "#hash.mp4",
    "back\\slash.mp4",
    "ünï cødé 動画.mp4",
    "../outside.mp4",
]
odd = st.text(st.sampled_from("aZ0_-. $`;'\"{}[]*?~\\/\n\r\t<>|&%#ä動\x00\x85\u2028"), max_size=12)


def canaries(folder):
    return [path for path in folder.rglob("canary") if path.name == "canary"]


@settings(deadline=None)  # the first one builds the model of a row
@given(video=odd, path=odd, subject=odd)
def test_what_a_sheet_accepts_is_harmless(tmp_path_factory, video, path, subject):
    """Whatever stands in the cells: rows, or sentences."""
    sheet = tmp_path_factory.getbasetemp() / "odd.tsv"
    rows = [["video", "path", "subject", "use"], [video, path, subject, "analyse"]]
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in rows[1]]
    sheet.write_text("\t".join(rows[0]) + "\n" + "\t".join(quoted) + "\n", encoding="utf-8", newline="")
    videos, faults = read_videos(sheet)
    if faults:
        assert all(fault.startswith(f"{sheet}") for fault in faults)
        return
    ((name, row),) = videos.items()
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name) and name == video.strip()
    assert row.path is None or (row.path == path.strip() and not re.search(r"[{}\n\r]", row.path))


@settings(deadline=None)
@given(name=odd)
def test_what_a_config_accepts_as_a_name_is_harmless(name):
    for change in ({"keypoints": [name, "other"], "skeleton": []}, {"models": {name: tiny.MODEL}, "predict": {}}):
        _, faults = check_config({**CONFIG, **change})
        assert bool(re.fullmatch(r"[A-Za-z0-9_-]+", name) and (name[0] not in "_-" or "keypoints" in change)) is not bool(faults)


@given(scorer=odd)
def test_whose_labels_are_written_is_a_name_of_a_file(tmp_path_factory, scorer):
    folder = tmp_path_factory.getbasetemp() / "scorers"
    try:
        store = LabelStore(folder / "m1", scorer, ["snout"], "m1", read_only=True)
    except PosemakeError as error:
        assert str(error).startswith("scorer: ")
    else:
        assert store.path.parent == folder / "m1" and not re.search(r"[/\\{}$`;\n\r\x00]", scorer)


def test_pages_show_names_as_text():
    nothing = {"tiles": [], "models": [], "predicted": [], "sources": None, "more_sources": 0, "shown": 0}
    page = render_page("reports/index.html.jinja", round=0, keypoints=["<script>alert(1)</script>"], plots="png", **nothing)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script>" not in page


def test_the_worst_names_of_folders_and_files(tmp_path, record_fault):
    """The clone, the project, its videos and what the sheet says of them."""
    clone = tiny.copy_workflow(tmp_path / WORST / "clone")
    project = tmp_path / WORST / "project\nof two lines"
    (project / "config").mkdir(parents=True)
    draw(project, "seed", 1, frames=12)
    rows = []
    for number, path in enumerate(PATHS):
        shutil.copy(project / "demo/seed.mp4", project / path)
        rows.append({"video": f"v{number}", "path": path.replace('"', '""').join('""'), "use": "analyse"})
        rows[-1] |= dict.fromkeys(("subject", "session", "group"), f"{CANARY};`touch canary`<b>{number}")
    write_sheet(project, rows)
    write_config(project, CONFIG)
    done = snakemake(project, "validate_videos", "--cores", "8", workflow=clone)
    assert done.returncode == 0, done.stdout
    table = pd.read_csv(project / "results/tables/videos.csv", index_col="video")
    assert table.fault.isna().all() and (table.frames == 12).all() and len(table) == len(PATHS)
    assert table.subject["v3"] == f"{CANARY};`touch canary`<b>3"
    assert canaries(tmp_path) == []
    record_fault(
        "names with spaces, quotes, `$()`, `;`, backticks, line breaks (folders only), `%d`, `*`, other alphabets",
        "the folders of the clone and of the project, videos, subjects, sessions, groups",
        "names are used unchanged; nothing in them is executed",
        "nothing",
    )


def test_names_that_snakemake_would_fill_in(unmodelled, record_fault):
    write_sheet(unmodelled, [*SHEET, {"video": "new", "path": "demo/{video}.mp4", "use": "analyse"}])
    shutil.copy(unmodelled / "demo/fast_2.mp4", unmodelled / "demo/{video}.mp4")
    sentence = (
        "config/videos.tsv, row 5, path: 'demo/{video}.mp4': a path has no { and }, which Snakemake takes for its own, and no "
        "line breaks; rename the file, or link to it"
    )
    assert sentence in refusal(unmodelled)
    record_fault("`{` or `}` in a name", "videos, label files, weights", "the workflow refuses", "nothing", sentence)
    write_sheet(unmodelled, SHEET)
    path = unmodelled / "labels/round-0/slow_1/CollectedData_demo.csv"
    path.rename(path.with_name("CollectedData_{round}.csv"))
    told = "'labels/round-0/slow_1/CollectedData_{round}.csv': has {, } or a line break in its name"
    assert told in refusal(unmodelled)


def test_the_worst_name_of_a_scorer(unmodelled, tmp_path):
    path = unmodelled / "labels/round-0/slow_1/CollectedData_demo.csv"
    worst = path.with_name(f"CollectedData_-rf {CANARY};`touch canary`'\".csv")
    path.rename(worst)
    tiny.correct_a_label(worst)
    done = snakemake(unmodelled, *LABELS)
    assert done.returncode == 0 and "rule collect_labels" in done.stdout.replace("checkpoint", "rule"), done.stdout
    assert canaries(tmp_path) == []


@pytest.mark.parametrize("key", ["videos", "keypoints"])
def test_the_worst_things_to_make_a_project_of(tmp_path, key):
    values = {"videos": "demo/*.mp4", "keypoints": "a,b"} | {key: f"{CANARY}`touch canary`;touch canary"}
    draw(tmp_path, "seed", 1, frames=12)
    (tmp_path / "demo/seed.mp4").rename(tmp_path / f"demo/{CANARY}.mp4")
    done = snakemake(tmp_path, "new_project", "--config", *(f"{name}={value}" for name, value in values.items()))
    assert done.returncode != 0 and "posemake could not finish:" in done.stdout and "Traceback" not in done.stdout
    assert canaries(tmp_path) == [] and not (tmp_path / "config/config.yaml").exists()
