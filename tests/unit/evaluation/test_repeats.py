import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posemake.analysis.bootstrap import bootstrap_intervals
from posemake.analysis.metrics import summarise
from posemake.config.settings import Evaluate
from posemake.config.validation import check_config
from posemake.evaluation.repeat_summary import describe_repeats, learning_curve_rows, summarise_repeats
from posemake.evaluation.repeats import RepeatsInputs, RepeatsOutputs, compare_repeats

PCK, SAMPLES = (2.0, 5.0), 100
SETTINGS = Evaluate(pck=PCK, bootstrap_samples=SAMPLES)
FIGURES = ["mean", "median", "rmse", "pck_2", "pck_5"]


def evaluation(folder, error, train=40):
    """Write the tables of an evaluation with these test errors in pixels, two points per frame and two frames per unit."""
    folder.mkdir(parents=True, exist_ok=True)
    places = [(f"{i // 2:03}", f"m/{i // 4}") for i in range(len(error))]
    rows = [["007", image, "test", unit, "ab"[i % 2], error[i], 0.9] for i, (image, unit) in enumerate(places)]
    rows.append(["007", "img", "train", "m/x", "a", 0.1, 0.9])
    columns = ["video", "image", "part", "unit", "keypoint", "error_px", "confidence"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "errors.csv", index=False)
    blocks = np.array([unit for _, unit in places])
    figures = summarise(np.array(error), np.full(len(error), 0.9), 0.6, PCK)
    for name, bounds in bootstrap_intervals(np.array(error), blocks, PCK, SAMPLES, 1).items():
        figures |= dict(zip((f"{name}_low", f"{name}_high"), bounds))
    whole = {"by": "all", "value": "all", "keypoint": "all"}
    test = {"part": "test", **whole, "frames": len(error) // 2, "blocks": len(set(blocks.tolist())), **figures}
    one = test | {"keypoint": "a", "mean": -1.0}
    of_video = test | {"by": "video", "value": "007", "mean": -1.0}
    pd.DataFrame([{"part": "train", **whole, "frames": train}, test, one, of_video]).to_csv(folder / "metrics.csv", index=False)
    return str(folder / "metrics.csv")


@pytest.fixture
def compared(tmp_path):
    def compare(**repeats):
        rng = np.random.default_rng(1)
        drawn = {name: rng.gamma(2, 1.5, n).tolist() for name, (n, _) in {"small": (40, 40), **repeats}.items()}
        folders = {name: tmp_path / "small" / (f"repeats/{name}" if name != "small" else "") for name in drawn}
        trained = {"small": 40} | {name: train for name, (_, train) in repeats.items()}
        model, *metrics = [evaluation(folders[name], error, trained[name]) for name, error in drawn.items()]
        errors = [folders[name] / "errors.csv" for name in drawn if name.startswith("fold")]
        outputs = RepeatsOutputs(tmp_path / "repeats.csv", tmp_path / "repeats.png")
        compare_repeats(RepeatsInputs(model, metrics, errors), outputs, SETTINGS)
        return drawn, pd.read_csv(tmp_path / "repeats.csv"), tmp_path / "repeats.png"

    return compare


ALL = {"seed-2": (40, 40), "seed-3": (40, 40), "fold-1-of-3": (24, 30), "fold-2-of-3": (20, 32), "fold-3-of-3": (16, 31)}
ALL |= {"labels-0.5": (40, 20), "labels-0.25": (40, 10)}


def test_the_table_holds_each_training_and_what_they_have_in_common(compared):
    drawn, table, png = compared(**ALL)
    by = table.set_index(["repeat", "kind"])
    assert by.index.is_unique and not table.columns.str.contains("confident").any()
    assert list(table["repeat"])[:3] == ["small", "seed-2", "seed-3"] and len(table) == len(drawn) + 5
    for name, error in drawn.items():
        (row,) = table[table["repeat"] == name].to_dict("records")
        assert row["kind"] == ("model" if name == "small" else name.split("-")[0])
        assert row["mean"] == pytest.approx(np.mean(error), rel=1e-4)
        assert row["pck_2"] == pytest.approx(np.mean(np.array(error) <= 2), rel=1e-4)
        assert (row["train"], row["test"], row["n"]) == ({"small": (40, 40), **ALL}[name][1], len(error) // 2, len(error))
    seeds = [np.mean(drawn[name]) for name in ("small", "seed-2", "seed-3")]
    assert by.loc[("seeds", "mean"), "mean"] == pytest.approx(np.mean(seeds), rel=1e-4)
    assert by.loc[("seeds", "sd"), "mean"] == pytest.approx(np.std(seeds, ddof=1), rel=1e-4)
    folds = [drawn[name] for name in drawn if name.startswith("fold")]
    assert by.loc[("folds", "sd"), "median"] == pytest.approx(np.std([np.median(f) for f in folds], ddof=1), rel=1e-4)
    pooled, every = by.loc[("folds", "pooled")], np.concatenate(folds)
    assert (pooled["mean"], pooled["n"]) == (pytest.approx(every.mean(), rel=1e-4), len(every))
    assert pooled["rmse"] == pytest.approx(np.sqrt((every**2).mean()), rel=1e-4)
    assert pooled["mean_low"] < pooled["mean"] < pooled["mean_high"]
    assert cv2.imread(str(png)).std() > 5


@pytest.mark.parametrize("kind", ["seed", "fold", "labels"])
def test_one_kind_alone(compared, kind):
    _, table, png = compared(**{name: sizes for name, sizes in ALL.items() if name.startswith(kind)})
    assert (
        set(table["kind"]) == {"model", kind} | {"seed": {"mean", "sd"}, "fold": {"mean", "sd", "pooled"}, "labels": set()}[kind]
    )
    assert cv2.imread(str(png)).std() > 5
    (sentence,) = describe_repeats(table)
    assert sentence.startswith({"seed": "Seeds: over 3 ", "fold": "Cross-validation: ", "labels": "Labels: "}[kind])
    assert "nan" not in sentence


def test_words_and_figures_agree(compared):
    _, table, _ = compared(**ALL)
    by = table.set_index(["repeat", "kind"])
    seeds, folds, labels = describe_repeats(table)
    assert f"{by.loc[('seeds', 'sd'), 'mean']:.2g} px" in seeds
    assert f"two seeds differ by up to {2 * 2**0.5 * by.loc[('seeds', 'sd'), 'mean']:.2g} px" in labels
    pooled = by.loc[("folds", "pooled")]
    assert f"mean error is {pooled['mean']:.3g} ({pooled['mean_low']:.3g} – {pooled['mean_high']:.3g}) px" in folds
    assert [f"{n} training frames" in labels for n in (40, 20)] == [True, False]
    at = table.set_index("repeat")["mean"]
    assert f"{at['labels-0.25']:.3g} px with 10, {at['labels-0.5']:.3g} px with 20, {at['small']:.3g} px with 40" in labels
    assert f"2 times the frames, changed it by {at['small'] / at['labels-0.5'] - 1:+.0%}" in labels


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ({"seed": [10.2]}, "likely to help"),
        ({"seed": [14.0]}, "nothing shows that more labels"),
        ({}, "set `repeats.seeds` to find out"),
    ],
)
def test_whether_more_labels_would_help(errors, expected):
    """The error fell from 14 to 10 px: much where seeds hardly differ, nothing where they differ by as much."""
    rows = [("model", 40, 10.0), ("labels", 20, 14.0), *((kind, 40, mean) for kind, means in errors.items() for mean in means)]
    rows = pd.DataFrame(rows, columns=["kind", "train", "mean"]).assign(test=10, repeat="")
    *_, sentence = describe_repeats(pd.concat([rows, pd.DataFrame(summarise_repeats(rows, ["mean"]))]))
    assert "2 times the frames, changed it by -29% (-4 px)." in sentence and expected in sentence


trainings = st.lists(
    st.tuples(st.sampled_from(["seed", "fold", "labels"]), st.integers(1, 90), st.floats(0.1, 50)), min_size=1, max_size=12
)


@given(trainings)
def test_deviations_are_those_of_the_trainings_of_their_kind(repeats):
    rows = pd.DataFrame([("model", 100, 1.0), *repeats], columns=["kind", "train", "mean"]).assign(test=5)
    by = {(row["repeat"], row["kind"]): row["mean"] for row in summarise_repeats(rows, ["mean"])}
    for name, kind, own in (("seeds", "seed", [1.0]), ("folds", "fold", [])):
        values = [mean for other, _, mean in repeats if other == kind]
        assert ((name, "mean") in by) == ((name, "sd") in by) == bool(values)
        if values:
            every = values + own
            assert by[name, "mean"] == pytest.approx(np.mean(every))
            sd = np.std(every, ddof=1) if len(every) > 1 else np.nan
            assert by[name, "sd"] == pytest.approx(sd, abs=1e-9, nan_ok=True)
    curve = learning_curve_rows(rows)["train"].tolist()
    assert curve == sorted(curve) and curve[-1] == 100


@pytest.mark.parametrize(
    ("repeats", "sentence"),
    [
        ({"models": ["smal"]}, "repeats.models: 'smal' is not among models; did you mean 'small'?"),
        ({"folds": 1}, "repeats.folds: 1: folds are 2 or more, or 0 for none"),
        ({"seeds": -1}, "repeats.seeds: "),
        ({"label_fractions": [0.5, 1.0]}, "repeats.label_fractions[1]: "),
        ({"label_fractions": [0.5, 0.5]}, "repeats.label_fractions: "),
        ({"fold": 5}, "repeats.fold: there is no such key; did you mean 'folds'?"),
    ],
)
def test_faults_of_the_section_name_its_keys(repeats, sentence):
    _, (fault,) = check_config({"keypoints": ["snout"], "models": {"small": {}}, "repeats": repeats})
    assert fault.startswith(sentence)
