import numpy as np
import pytest
import torch
from fixtures.training import CPU, make_frames, spot_frames, weights

from posemake.config.settings import Augment, Model, Probability
from posemake.core.errors import PosemakeError
from posemake.models.schedule import learning_rate
from posemake.models.train import fit_network
from posemake.models.trainer import HISTORY_COLUMNS, Trainer, validate
from posemake.networks.build import make_network
from posemake.networks.heatmap import encode

pytestmark = pytest.mark.usefixtures("one_thread")
SPOT = ["spot"]
TINY = Model(steps=4, batch_size=4, validate_every=2, warmup=1)


def test_the_same_seed_trains_the_same_network():
    train, validation = spot_frames(6), spot_frames(2, seed=1)
    first, history = fit_network(train, validation, SPOT, TINY, CPU)
    second, _ = fit_network(train, validation, SPOT, TINY, CPU)
    assert torch.equal(weights(first), weights(second))
    assert [row["step"] for row in history] == [2, 4]
    assert all(tuple(row) == HISTORY_COLUMNS for row in history)
    assert not first.training


@pytest.mark.parametrize("head", ["heatmap", "regression"])
def test_each_head_is_trained_and_validated(head):
    settings = Model(steps=4, batch_size=4, validate_every=2, warmup=1, head=head)
    network, history = fit_network(spot_frames(6), spot_frames(2, seed=1), SPOT, settings, CPU)
    untrained = make_network(settings, SPOT)
    assert not torch.equal(weights(network), weights(untrained))
    assert all(np.isfinite(row["validation_error"]) and np.isfinite(row["validation_loss"]) for row in history)


def test_checkpoints_do_not_change_the_rate_of_images(monkeypatch):
    """By a clock that goes on by a second with each step."""
    now = [0.0]
    monkeypatch.setattr("posemake.models.trainer.time.monotonic", lambda: now[0])
    trainer = Trainer(spot_frames(6), spot_frames(2, seed=1), SPOT, TINY, CPU)
    for step in range(1, 7):
        trainer.advance()
        now[0] += 1
        trainer.pack("")
        if step % 3 == 0:
            trainer.validate()
    assert [row["seconds"] for row in trainer.history] == [3, 6]
    assert [row["images_per_second"] for row in trainer.history] == [TINY.batch_size] * 2


def test_another_seed_trains_another_network():
    train, validation = spot_frames(4), spot_frames(2, seed=1)
    first, second = (fit_network(train, validation, SPOT, Model(steps=1, batch_size=2, seed=seed), CPU)[0] for seed in (1, 2))
    assert not torch.equal(weights(first), weights(second))


def test_a_loss_that_is_not_finite_is_a_sentence():
    train = spot_frames(4)
    wild = Model(steps=6, batch_size=4, warmup=0, validate_every=6, learning_rate=1e30)
    with pytest.raises(PosemakeError, match=r"training diverged before step 6 .* lower `learning_rate`"):
        fit_network(train, train, SPOT, wild, CPU)


def test_a_spot_is_learned():
    settings = Model(
        steps=45, batch_size=4, warmup=5, validate_every=15, augment=Augment(rotation=0, scale=(1, 1), brightness=0, contrast=0)
    )
    _, history = fit_network(spot_frames(16), spot_frames(4, seed=1), SPOT, settings, CPU)
    assert history[-1]["train_loss"] < 0.75 * history[0]["train_loss"]
    assert min(row["validation_error"] for row in history) < 4


STILL = Augment(probability=Probability(**dict.fromkeys(Probability.model_fields, 0)))


def test_one_batch_is_learned_by_heart():
    batch = spot_frames(4)
    settings = Model(steps=80, batch_size=4, warmup=5, validate_every=20, augment=STILL)
    _, history = fit_network(batch, batch, SPOT, settings, CPU)
    assert history[-1]["train_error"] < 0.5


def test_in_bfloat16_a_training_goes_nearly_the_same_way(monkeypatch):
    train, validation = spot_frames(8), spot_frames(4, seed=1)
    settings = Model(steps=6, batch_size=4, warmup=1, validate_every=6, learning_rate=1e-3)
    losses, kept = [], []
    for fast in (False, True):
        monkeypatch.setattr("posemake.models.trainer.multiplies_bfloat16", lambda fast=fast: fast)
        network, history = fit_network(train, validation, SPOT, settings, CPU)
        losses.append(history[-1]["train_loss"])
        kept.append(weights(network))
        assert all(value.dtype != torch.bfloat16 for value in network.state_dict().values())
    assert losses[0] == pytest.approx(losses[1], rel=0.05) and not torch.equal(*kept)


def test_validation_is_in_pixels_of_the_original_frames():
    class Fixed(torch.nn.Module):
        def forward(self, images):
            heat, offset, _ = encode(torch.tensor([[[10.0, 10.0]]]).expand(len(images), -1, -1), (16, 16), 4, 6.0)
            return torch.logit((0.999 * heat).clamp(min=1e-30)), offset

    half = np.diag([0.5, 0.5, 1])
    frames = make_frames(np.zeros((3, 64, 64, 3), np.uint8), np.tile([13.0, 14.0], (3, 1, 1)), np.stack([half] * 3))
    error, loss = validate(Fixed(), frames, Model(), 2, CPU)
    assert error == pytest.approx(np.full((3, 1), 10.0), abs=1e-3) and np.isfinite(loss)


def test_the_learning_rate_warms_up_and_falls_to_a_hundredth():
    settings = Model(steps=100, warmup=10, learning_rate=1e-2)
    rates = [learning_rate(step, settings) for step in range(101)]
    assert rates[0] == pytest.approx(1e-3) and rates[9] == pytest.approx(1e-2)
    assert (np.diff(rates[:10]) > 0).all()
    assert (np.diff(rates[10:]) <= 0).all()
    assert rates[100] == pytest.approx(1e-4)
    assert learning_rate(0, Model(warmup=0, learning_rate=1e-2)) == pytest.approx(1e-2)
    assert learning_rate(5, Model(steps=5, warmup=100, learning_rate=1e-2)) < 1e-2
