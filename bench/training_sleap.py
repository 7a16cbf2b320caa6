"""Runner of bench/training.py for sleap-nn, in an environment of its own, through its public interface.

A UNet for one animal, with settings with which it learns within the time: its default learning rate of 1e-4 is too low for that,
and its default network is too slow on a CPU.
"""

import shutil
from pathlib import Path

import numpy as np
import sleap_io
from sleap_nn.config.get_config import get_data_config, get_model_config, get_trainer_config
from sleap_nn.config.training_job_config import TrainingJobConfig
from sleap_nn.inference.run import predict as infer
from sleap_nn.training.model_trainer import ModelTrainer
from torch.optim.optimizer import register_optimizer_step_post_hook
from training_clock import Clock, Spent, frames_of_part, run

STRIDE = 4


def prepare(job: dict, folder: Path) -> None:
    """Write a file of labels for each part."""
    skeleton = sleap_io.Skeleton(job["keypoints"])
    for part in ("train", "validation", "test"):
        chosen = frames_of_part(job, part)
        video = sleap_io.Video.from_filename([job["images"][i] for i in chosen])
        frames = [
            sleap_io.LabeledFrame(
                video=video,
                frame_idx=at,
                instances=[sleap_io.Instance.from_numpy(np.asarray(job["points"][i], float), skeleton=skeleton)],
            )
            for at, i in enumerate(chosen)
        ]
        sleap_io.Labels(frames, videos=[video], skeletons=[skeleton]).save(str(folder / f"{part}.slp"))


def train(job: dict, folder: Path, clock: Clock) -> None:
    config = TrainingJobConfig(
        data_config=get_data_config(
            train_labels_path=[str(folder / "train.slp")],
            val_labels_path=[str(folder / "validation.slp")],
            data_pipeline_fw="torch_dataset_cache_img_memory",
            ensure_grayscale=True,
            scale=0.5,
            use_augmentations_train=True,
            geometry_aug={"rotation_min": -180.0, "rotation_max": 180.0, "scale_min": 0.9, "scale_max": 1.1},
        ),
        model_config=get_model_config(
            backbone_config={
                "unet": {"in_channels": 1, "filters": 16, "filters_rate": 1.5, "max_stride": 16, "output_stride": STRIDE}
            },
            head_configs={
                "single_instance": {"confmaps": {"part_names": job["keypoints"], "sigma": 2.5, "output_stride": STRIDE}}
            },
        ),
        trainer_config=get_trainer_config(
            batch_size=4,
            trainer_num_devices=1,
            trainer_accelerator="cpu",
            enable_progress_bar=False,
            max_epochs=1000,
            seed=job["seed"],
            save_ckpt=True,
            ckpt_dir=str(folder),
            run_name="run",
            optimizer="Adam",
            learning_rate=1e-3,
        ),
    ).to_sleap_nn_cfg()
    trainer = ModelTrainer.get_model_trainer_from_config(config.copy())
    hook = register_optimizer_step_post_hook(
        lambda *_: clock.step(lambda path: trainer.trainer.save_checkpoint(path, weights_only=True))
    )
    try:
        trainer.train()
    except Spent:
        pass
    finally:
        hook.remove()
    best = folder / "run/best.ckpt"
    if best.exists():
        clock.note("kept", lambda path: shutil.copy(best, path))


def predict(job: dict, folder: Path, paths: list[Path]):
    count = len(frames_of_part(job, "test"))
    for path in paths:
        model = folder / "model"
        model.mkdir(exist_ok=True)
        shutil.copy(folder / "run/training_config.yaml", model)
        shutil.copy(path, model / "best.ckpt")
        labels = sleap_io.load_slp(str(folder / "test.slp"))
        labels = infer(labels, model_paths=[str(model)], device="cpu", peak_threshold=-1e9)
        found = np.full((count, len(job["keypoints"]), 2), np.nan)
        for frame in labels:
            for instance in frame.predicted_instances[:1]:
                names = instance.skeleton.node_names
                found[frame.frame_idx] = instance.numpy()[[names.index(name) for name in job["keypoints"]]]
        yield found.tolist()


if __name__ == "__main__":
    run(prepare, train, predict)
