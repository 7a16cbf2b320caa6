"""An interrupted training resumes where it was."""

import io
import multiprocessing
import os
import signal
import time

import numpy as np
import pytest
import torch
from fixtures.helpers import ROOT, SCRIPTS
from fixtures.training import (
    CPU,
    LONGER,
    NAMES,
    SETTINGS,
    TRAIN,
    VALIDATION,
    fit,
    interrupt_before,
    train_and_send_sigterm,
    train_and_send_steps,
    weights,
)

from posemake.config.settings import Model
from posemake.core.errors import PosemakeError
from posemake.data.visibility import Visibility
from posemake.models import checkpoint, train, trainer
from posemake.models.augmentation import Batch
from posemake.models.train import fit_network
from posemake.networks.inputs import Frames


@pytest.fixture(autouse=True)
def frequent_checkpoints(monkeypatch, one_thread):
    """A checkpoint after each step, by one thread."""
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)


@pytest.fixture(scope="module")
def undisturbed():
    torch.set_num_threads(1)
    return fit_network(TRAIN, VALIDATION, NAMES, SETTINGS, CPU)


def timeless(history):
    return [{name: value for name, value in row.items() if name not in ("seconds", "images_per_second")} for row in history]


def same(one, other):
    return torch.equal(weights(one[0]), weights(other[0])) and timeless(one[1]) == timeless(other[1])


@pytest.mark.parametrize("step", [1, 4, 6])
def test_a_resumed_training_ends_as_an_undisturbed_one(tmp_path, monkeypatch, caplog, undisturbed, step):
    caplog.set_level("INFO", "posemake")
    path = tmp_path / "checkpoint.pt"
    interrupt_before(step, path, monkeypatch)
    assert same(fit(path), undisturbed)
    assert f"resumed from {path} at step {step}" in caplog.text


def test_a_checkpoint_changes_nothing(tmp_path, undisturbed):
    assert same(fit(tmp_path / "checkpoint.pt"), undisturbed)


@pytest.fixture
def start(monkeypatch):
    """``start(work, path)`` runs ``work(path, pipe)`` in a process of its own; returns that and the pipe's other end."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "tests"), str(SCRIPTS)]))
    # all processes are forked from one that has imported everything and computed nothing
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["fixtures.training"])

    def start_process(work, path):
        received, pipe = processes.Pipe(duplex=False)
        process = processes.Process(target=work, args=(path, pipe))
        process.start()
        pipe.close()
        return process, received

    return start_process


@pytest.mark.parametrize(
    ("seed", "kills"),
    [(0, 3), *(pytest.param(seed, 10, marks=pytest.mark.slow) for seed in (1, 2))],
    ids=lambda value: str(value),
)
def test_a_training_that_is_killed_often_ends_as_an_undisturbed_one(tmp_path, start, seed, kills):
    """At any moment from the first step on: also while a checkpoint is written."""
    rng = np.random.default_rng(seed)
    path = tmp_path / "checkpoint.pt"
    for last in np.sort(rng.integers(1, LONGER.steps - 5, kills)):
        process, received = start(train_and_send_steps, path)
        while received.recv() < last:
            pass
        time.sleep(rng.uniform(0, 0.05))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    assert path.exists()
    assert same(fit(path, LONGER), fit(None, LONGER))
    checkpoint.remove_checkpoint(path)
    assert list(tmp_path.iterdir()) == []


def test_a_training_that_gets_sigterm_leaves_a_checkpoint(tmp_path, start, undisturbed):
    """In a process that computed nothing before: on some CPUs OpenVINO leaves a stack for signals behind that is gone."""
    path = tmp_path / "checkpoint.pt"
    process, received = start(train_and_send_sigterm, path)
    message, restored = received.recv()
    process.join()
    assert message.startswith("stopped by SIGTERM after step 5; run again") and restored
    assert path.exists()
    assert same(fit(path), undisturbed)


def test_no_checkpoint_is_written_before_its_time(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 1e9)
    fit(tmp_path / "checkpoint.pt")
    assert list(tmp_path.iterdir()) == []


def moved_label(frames):
    return Frames(frames.images, frames.xy + np.array([1.0, 0]), frames.visibility, frames.maps)


def absent_label(frames):
    visibility = frames.visibility.copy()
    visibility[0] = Visibility.ABSENT
    return Frames(frames.images, frames.xy, visibility, frames.maps)


@pytest.mark.parametrize(
    "change",
    [
        {"settings": SETTINGS.model_copy(update={"learning_rate": 1e-3})},
        {"frames": moved_label(TRAIN)},
        {"frames": absent_label(TRAIN)},
        {"code": "another"},
    ],
    ids=["learning rate", "label", "visibility", "code"],
)
def test_a_checkpoint_of_another_training_is_not_used(tmp_path, monkeypatch, caplog, change):
    caplog.set_level("INFO", "posemake")
    path = tmp_path / "checkpoint.pt"
    interrupt_before(4, path, monkeypatch)
    after = fit(path, **change)
    assert "belongs to other settings, labels or versions: training starts anew" in caplog.text and "resumed" not in caplog.text
    assert same(after, fit(tmp_path / "none.pt", **change))


def test_a_training_that_began_on_a_gpu_goes_on_without_one_only_if_the_user_says_so(tmp_path, monkeypatch, undisturbed):
    path = tmp_path / "checkpoint.pt"
    with monkeypatch.context() as patch:
        pack = trainer.pack
        patch.setattr(trainer, "pack", lambda content: pack({**content, "device": "cuda"}))
        interrupt_before(4, path, monkeypatch)
    before = path.read_bytes()
    monkeypatch.setattr(train, "best_device", lambda: CPU)
    monkeypatch.delenv("POSEMAKE_DEVICE", raising=False)
    with pytest.raises(PosemakeError, match="the training began on cuda, and there is no such device now; run again where"):
        fit_network(TRAIN, VALIDATION, NAMES, SETTINGS, None, path)
    assert path.read_bytes() == before
    monkeypatch.setenv("POSEMAKE_DEVICE", "cpu")
    assert same(fit_network(TRAIN, VALIDATION, NAMES, SETTINGS, None, path), undisturbed)


@pytest.mark.parametrize("damage", ["torn", "a flipped bit", "empty", "no checkpoint"])
def test_a_damaged_checkpoint_is_ignored(tmp_path, monkeypatch, caplog, undisturbed, damage):
    path = tmp_path / "checkpoint.pt"
    interrupt_before(4, path, monkeypatch)
    data = bytearray(path.read_bytes())
    flipped = data.copy()
    flipped[len(data) // 2] ^= 1
    path.write_bytes({"torn": data[: len(data) // 2], "a flipped bit": flipped, "empty": b""}.get(damage, b"text"))
    assert same(fit(path), undisturbed)
    assert "is damaged" in caplog.text and "training starts anew" in caplog.text


def test_a_checkpoint_runs_no_code(tmp_path, caplog):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "run"),)

    path = tmp_path / "checkpoint.pt"
    checkpoint.write_checkpoint(path, checkpoint.pack({"digest": "x", "evil": Evil()}))
    assert checkpoint.read_checkpoint(path, "x") is None
    assert "is damaged" in caplog.text and not (tmp_path / "run").exists()


def test_a_diverged_training_leaves_its_last_good_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 1e9)
    path = tmp_path / "checkpoint.pt"
    loss = trainer.pose_loss
    calls = []

    def wild(*arguments):
        calls.append(1)
        return loss(*arguments) * (torch.nan if len(calls) > 7 else 1)

    monkeypatch.setattr(trainer, "pose_loss", wild)
    with pytest.raises(PosemakeError, match=r"diverged before step 6 .* lower `learning_rate`"):
        fit(path)
    data = torch.load(io.BytesIO(path.read_bytes()[checkpoint.DIGEST_BYTES :]), weights_only=True)
    assert data["step"] == 3 and all(torch.isfinite(value).all() for value in data["network"].values())


def test_a_batch_that_does_not_fit_is_divided(monkeypatch, caplog):
    caplog.set_level("INFO", "posemake")
    loss = trainer.pose_loss

    def small(heat, *arguments):
        if len(heat) > 1:
            raise torch.OutOfMemoryError("on purpose")
        return loss(heat, *arguments)

    monkeypatch.setattr(trainer, "pose_loss", small)
    _, history = fit(None, Model(steps=2, batch_size=4, validate_every=2, warmup=1))
    assert "its 4 images go through the network in parts of 2" in caplog.text and "in parts of 1" in caplog.text
    assert np.isfinite(history[0]["train_loss"])


def test_a_frame_that_does_not_fit_is_a_sentence(monkeypatch):
    def none(*_):
        raise torch.OutOfMemoryError("on purpose")

    monkeypatch.setattr(trainer, "pose_loss", none)
    with pytest.raises(PosemakeError, match="does not hold one frame; lower `scale`"):
        fit(None)


def test_divided_batches_have_the_gradients_of_whole_ones():
    """Nearly: cells are counted by part; and but for batch normalisation, which is switched off here."""
    gradients = []
    for micro_batch in (4, 1):
        state = trainer.Trainer(TRAIN, VALIDATION, NAMES, SETTINGS, CPU)
        state.network.eval()
        state.micro_batch = micro_batch
        images = torch.from_numpy(TRAIN.images[:4]).permute(0, 3, 1, 2).float()
        state.compute_gradients(Batch(images, state.xy[:4], state.visibility[:4]))
        gradients.append(torch.cat([p.grad.flatten() for p in state.network.parameters()]))
    assert (gradients[0] - gradients[1]).norm() < 0.01 * gradients[0].norm()


def test_training_stops_when_nothing_gets_better(monkeypatch, caplog):
    caplog.set_level("INFO", "posemake")
    errors = iter([5.0, 4.0, 4.5, 4.2, 3.0])
    validate = trainer.validate

    def validate_with_given_error(network, frames, *arguments):
        error, loss = validate(network, frames, *arguments)
        return (np.full_like(error, next(errors)), loss) if frames is VALIDATION else (error, loss)

    monkeypatch.setattr(trainer, "validate", validate_with_given_error)
    _, history = fit(None, Model(steps=5, batch_size=2, validate_every=1, warmup=1, patience=2))
    assert [row["validation_error"] for row in history] == [5.0, 4.0, 4.5, 4.2]
    assert "no better validation error in 2 validations: stopped" in caplog.text
