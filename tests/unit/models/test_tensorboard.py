"""The curve that TensorBoard shows is that of history.csv, also after a training was interrupted."""

import builtins
import logging
import time

import pytest
from fixtures.training import CPU, NAMES, SETTINGS, TRAIN, VALIDATION, interrupt_before
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from posemake.models import checkpoint
from posemake.models.tensorboard import TAGS, TensorboardCurve
from posemake.models.train import fit_network
from posemake.models.trainer import HISTORY_COLUMNS


@pytest.fixture(autouse=True)
def frequent_checkpoints(monkeypatch, one_thread):
    """A checkpoint after each step, by one thread."""
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)


def fit(folder, path=None, settings=SETTINGS):
    return fit_network(TRAIN, VALIDATION, NAMES, settings, CPU, path, tensorboard=folder)


def read(folder):
    """Per tag, the points (step, value), as TensorBoard reads them from all files of a folder."""
    found = EventAccumulator(str(folder)).Reload()
    return {tag: [(event.step, event.value) for event in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


def points(history):
    """The same of a history."""
    return {tag: [(row["step"], pytest.approx(row[name], rel=1e-6)) for row in history] for name, tag in TAGS.items()}


def test_each_figure_of_the_history_is_shown(tmp_path):
    _, history = fit(tmp_path)
    assert [row["step"] for row in history] == [3, 6, 7]
    assert read(tmp_path) == points(history)
    assert set(TAGS) == set(HISTORY_COLUMNS) - {"step", "seconds"}


def test_it_is_there_while_the_training_lasts(tmp_path, monkeypatch):
    steps = []
    add = TensorboardCurve.add

    def add_and_read(self, *rows):
        add(self, *rows)
        steps.append([step for step, _ in read(tmp_path).get("error_px/validation", [])])

    monkeypatch.setattr(TensorboardCurve, "add", add_and_read)
    fit(tmp_path)
    assert steps == [[], [3], [3, 6], [3, 6, 7]]


def interrupt_with_curve(folder, path, monkeypatch, step):
    """Train with a curve, and fail before a step."""
    interrupt_before(step, path, monkeypatch, tensorboard=folder)
    time.sleep(1.0)  # files are read in the order of the seconds in their names


@pytest.mark.parametrize("step", [2, 6])
def test_a_resumed_training_goes_on_with_its_curve(tmp_path, monkeypatch, step):
    path, folder = tmp_path / "checkpoint.pt", tmp_path / "events"
    interrupt_with_curve(folder, path, monkeypatch, step)
    assert [s for s, _ in read(folder).get("loss/train", [])] == [s for s in (3, 6) if s <= step]
    _, history = fit(folder, path)
    assert read(folder) == points(history)


def test_points_after_the_last_checkpoint_do_not_stay(tmp_path, monkeypatch):
    """They are of steps that are taken again; a TensorBoard that read them before forgets them."""
    path, folder = tmp_path / "checkpoint.pt", tmp_path / "events"
    interrupt_with_curve(folder, path, monkeypatch, 4)
    before = path.read_bytes()
    interrupt_with_curve(folder, path, monkeypatch, 6)
    path.write_bytes(before)
    last = max(folder.iterdir())
    last.write_bytes(last.read_bytes()[:-5])  # as of a process that was killed while it wrote
    shown = EventAccumulator(str(folder)).Reload()
    assert [event.step for event in shown.Scalars("loss/train")] == [3, 6]
    _, history = fit(folder, path)
    assert read(folder) == points(history)
    shown.Reload()
    assert [(event.step, event.value) for event in shown.Scalars("loss/train")] == points(history)["loss/train"]


def test_a_training_that_begins_anew_shows_nothing_of_the_one_before(tmp_path):
    fit(tmp_path)
    time.sleep(1.0)
    _, history = fit(tmp_path, settings=SETTINGS.model_copy(update={"steps": 4}))
    assert [row["step"] for row in history] == [3, 4]
    assert read(tmp_path) == points(history)


def test_times_are_those_of_the_training(tmp_path, monkeypatch):
    """Not those of the machine, which may have stood for a night between two attempts."""
    path = tmp_path / "checkpoint.pt"
    interrupt_before(4, path, monkeypatch)
    time.sleep(0.5)
    _, history = fit(tmp_path / "events", path)
    events = EventAccumulator(str(tmp_path / "events")).Reload().Scalars("loss/train")
    since = [event.wall_time - events[0].wall_time for event in events]
    assert since == pytest.approx([row["seconds"] - history[0]["seconds"] for row in history], abs=1e-3)


def test_without_the_package_training_goes_on(tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.INFO, "posemake")
    real = builtins.__import__

    def bare(name, *arguments):
        if name.split(".")[0] == "tensorboard" or name == "torch.utils.tensorboard":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", bare)
    _, history = fit(tmp_path / "events")
    assert len(history) == 3 and not (tmp_path / "events").exists()
    assert [r.message for r in caplog.records if "TensorBoard" in r.message] == [
        "no curve for TensorBoard (No module named 'torch.utils.tensorboard')"
    ]


@pytest.mark.parametrize("fault", [OSError("No space left on device"), TypeError("Descriptors cannot be created directly")])
def test_a_curve_that_cannot_be_written_ends_no_training(tmp_path, monkeypatch, caplog, fault):
    def fail(*_, **__):
        raise fault

    what = "add_scalar" if isinstance(fault, OSError) else "__init__"
    monkeypatch.setattr(f"torch.utils.tensorboard.SummaryWriter.{what}", fail)
    with caplog.at_level(logging.INFO):
        _, history = fit(tmp_path)
    assert history[-1]["step"] == SETTINGS.steps
    assert str(fault) in caplog.text
