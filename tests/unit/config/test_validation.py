"""Faults of a config."""

import copy
import json

import pytest
from fixtures.helpers import ROOT

from posemake.config.settings import Config, Model, Split
from posemake.config.validation import RENAMED_KEYS, check_config, raise_faults, suggest
from posemake.config.video_sheet import read_videos
from posemake.core.errors import PosemakeError
from posemake.core.yaml_files import read_yaml

CONFIG = read_yaml(ROOT / "config/config.yaml")
LEAST = {"keypoints": ["snout"], "models": {"small": {}}}
SECTIONS = {name: field.default_factory for name, field in Config.model_fields.items() if field.default_factory}


def faults_in(config):
    _, faults = check_config(config)
    assert all("\n" not in fault for fault in faults)
    return faults


def test_the_config_and_sheet_of_the_repository_have_no_fault():
    assert faults_in(CONFIG) == []
    videos, faults = read_videos(ROOT / CONFIG["videos"])
    assert faults == [] and len(videos) > 1


def test_a_config_without_faults_gives_all_settings():
    config, faults = check_config({**LEAST, "split": {"test": 0.2}})
    assert faults == [] and config == Config(keypoints=("snout",), models={"small": Model()}, split=Split(test=0.2))


def test_defaults_are_valid():
    assert faults_in(LEAST) == []
    filled = {name: kind().model_dump() for name, kind in SECTIONS.items()}
    full = {**LEAST, **filled, "models": {"small": Model().model_dump()}}
    assert faults_in(json.loads(json.dumps(full))) == []  # tuples are lists in YAML


@pytest.mark.parametrize("section", SECTIONS)
def test_an_empty_section_is_a_fault(section):
    assert faults_in({**LEAST, section: None}) == [f"{section}: None is not of the type object"]


@pytest.mark.parametrize(
    "path, value, sentence",
    [
        ("prepare.standardise", "auto", "prepare.standardise: this key is now called prepare.transcode"),
        ("predict.follow", {"every": 50}, "predict.follow: this key is now called predict.dynamic_crop"),
        ("predict.crop", "follow", "predict.crop: 'follow' is now called 'dynamic'"),
        ("evaluate.draws", 500, "evaluate.draws: this key is now called evaluate.bootstrap_samples"),
        ("evaluate.correct", 5, "evaluate.correct: this key is now called evaluate.correct_within"),
        ("repeats.labels", [0.5], "repeats.labels: this key is now called repeats.label_fractions"),
    ],
)
def test_a_key_of_an_earlier_version_is_refused_with_its_new_name(path, value, sentence):
    assert faults_in(changed_config(path, value)) == [sentence]


def test_new_names_of_keys_exist():
    for new in RENAMED_KEYS.values():
        section, key = new.split(".")
        assert key in SECTIONS[section].model_fields


@pytest.mark.parametrize(
    "path, value, sentence",
    [
        ("render.names", 1, "render.names: 1 is not of the type boolean"),
        ("models.small.steps", True, "models.small.steps: True is not of the type integer"),
        ("models.small.steps", 0.5, "models.small.steps: 0.5 is not of the type integer"),
        ("models.small.sigma", "3", "models.small.sigma: '3' is not of the type number"),
        ("models.small.sigma", 0, "models.small.sigma: 0 has to be greater than 0"),
        ("models.small.scale", 5, "models.small.scale: 5: auto, or a number above 0 and up to 4"),
        ("models.small.scale", "big", "models.small.scale: 'big': auto, or a number above 0 and up to 4"),
        ("models.small.batch_size", 1, "models.small.batch_size: 1 is less than the minimum of 2"),
        ("filter.threshold", 60, "filter.threshold: 60 is greater than the maximum of 1"),
        ("models", {}, "models: {} is empty"),
        ("models", {1: {}}, "models: 1 is not of the type string"),
        ("keypoints", [], "keypoints: [] is empty"),
        ("keypoints", ["a", 1], "keypoints[1]: 1 is not of the type string"),
        ("frames.weights", "", "frames.weights: '' is empty"),
        ("skeleton", "snout", "skeleton: 'snout' is not of the type array"),
        ("refine.models", ["small", "small"], "refine.models: ['small', 'small']: an entry stands there twice"),
        ("repeats.folds", 1, "repeats.folds: 1: folds are 2 or more, or 0 for none"),
        ("render.follow", [200], "render.follow: [200]: a window that follows the animal has a width and a height"),
        ("render.follow", [200, 8], "render.follow[1]: 8: a whole number of pixels, 16 or more"),
        ("render.span", [1], "render.span: [1]: a span is where it begins and where it ends"),
    ],
)
def test_each_fault_of_a_value_is_told_in_words(path, value, sentence):
    (fault,) = faults_in({**CONFIG, "predict": {}, path: value} if "." not in path else changed_config(path, value))
    assert fault.startswith(sentence)


def changed_config(path, value):
    """The config of the repository with one value changed, or a key left out."""
    config = copy.deepcopy(CONFIG)
    *parents, last = path.split(".")
    inner = config
    for key in parents:
        inner = inner[key]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return config


@pytest.mark.parametrize(
    "path, value, sentence",
    [
        ("filtr", {}, "filtr: there is no such key; did you mean 'filter'?"),
        ("xyz", 1, "xyz: there is no such key; valid are videos, active_round, keypoints"),
        ("frames.pervideo", 3, "frames.pervideo: there is no such key; did you mean 'per_video'?"),
        ("models.small.augment.rotate", 3, "models.small.augment.rotate: there is no such key; did you mean 'rotation'?"),
        ("keypoints", None, "keypoints: the key is missing"),
        ("models", {}, "models: "),
        ("models", {"my model": {}}, "models: 'my model': a model's name has letters, digits, _ and - only"),
        ("models.small.backbone", "resnet52", "models.small.backbone: 'resnet52' is not valid; did you mean 'resnet152'?"),
        ("models.small.stride", 6, "models.small.stride: 6 is not valid; valid are 2, 4, 8"),
        ("models.small.neck", "fnp", "models.small.neck: 'fnp' is not valid; did you mean 'fpn'?"),
        ("models.small.head", "offset", "models.small.head: 'offset' is not valid; valid are heatmap, regression"),
        ("models.small.steps", "many", "models.small.steps: 'many' is not of the type integer"),
        ("models.small.learning_rate", "2e-3", "'2e-3' is not of the type number; write the number without an exponent"),
        ("models.small.augment.scale", [1], "models.small.augment.scale: [1]: two numbers, the least and the greatest"),
        ("models.small.batch_size", 1, "models.small.batch_size: "),
        ("frames.method", "means", "frames.method: 'means' is not valid; did you mean 'kmeans'?"),
        ("frames.per_group", {"a": -1}, "frames.per_group.a: "),
        ("frames.per_subject", {3: "many"}, "frames.per_subject.3: 'many' is not of the type integer"),
        ("frames.shares", {"kmeans": 0.5}, "frames.shares: kmeans 0.5, motion 0.1, uniform 0.1 do not sum to 1"),
        ("frames.shares.flow", 0.1, "frames.shares.flow: there is no such key"),
        ("frames", {"features": "resnet50", "weights": "no.pt"}, "frames.weights: is imagenet or a file, and there is no file"),
        ("frames.min_distance", 0, "frames.min_distance: "),
        ("split.unit", "frame", "split.unit: 'frame' is not valid; valid are block, video, subject"),
        ("filter.threshold", 60, "filter.threshold: "),
        ("keypoints", ["snout", "left ear"], "keypoints[1]: 'left ear': a keypoint's name has letters"),
        ("keypoints", ["a", "b", "a"], "keypoints: 'a' stands there twice"),
        ("skeleton", [["snout", "tailbase"]], "skeleton: 'tailbase' is not a keypoint; did you mean 'tail_base'?"),
        ("skeleton", [["snout"]], "skeleton[0]: ['snout']: an edge of the skeleton is a pair"),
        ("predict.models", ["smal"], "predict.models: 'smal' is not among models; did you mean 'small'?"),
        ("refine.models", ["smal"], "refine.models: 'smal' is not among models; did you mean 'small'?"),
        ("refine.body", ["snout", "tailbase"], "refine.body: 'tailbase' is not a keypoint; did you mean 'tail_base'?"),
        ("evaluate.reference", ["snout", "ear"], "evaluate.reference: 'ear' is not a keypoint"),
        ("evaluate.reference", ["snout"], "evaluate.reference: ['snout']: a reference length is the distance of two keypoints"),
        (
            "evaluate.oks_sigmas",
            {"tailbase": 0.1},
            "evaluate.oks_sigmas: 'tailbase' is not a keypoint; did you mean 'tail_base'?",
        ),
        ("refine.body", ["snout"], "refine.body: ['snout']: a body length is the distance of two keypoints"),
        ("refine.window", 8, "refine.window: 8: a window has an odd number of frames"),
        ("refine.jump_unit", "mm", "refine.jump_unit: 'mm' is not valid; valid are body, px"),
        ("models.small.augment.scale", [1.25, 0.8], "models.small.augment.scale: the least factor, 1.25, stands first"),
        ("models.small.augment.gamma", [2, 1], "models.small.augment.gamma: the least exponent, 2.0, stands first"),
        ("models.small.augment.probability.flip", 2, "models.small.augment.probability.flip: "),
        ("models.small.schedule", "step", "models.small.schedule: 'step' is not valid"),
        ("models.small.weights", "imagenet", "models.small.weights: unet_small has no ImageNet weights; set none"),
        (
            "models.other",
            {"backbone": "efficientnet_b6", "weights": "imagenet"},
            "models.other.weights: efficientnet_b6 has no ImageNet weights; set none",
        ),
        ("models.other", {"backbone": "resnet50", "weights": "no.pt"}, "models.other.weights: is none, imagenet, or a file"),
        ("split.test", 0.8, "split: validation and test together leave less than a tenth for training"),
    ],
)
def test_each_fault_of_a_config_names_its_key(path, value, sentence):
    faults = faults_in(changed_config(path, value))
    assert sum(sentence in fault for fault in faults) == 1, faults


@pytest.mark.parametrize("config", [None, 5, [1], "a"])
def test_a_config_that_holds_no_keys_is_a_fault(config):
    assert len(faults_in(config)) == 1


def test_all_faults_of_a_config_are_told_at_once_and_each_once():
    assert faults_in({"model": {}}) == [
        "model: there is no such key; did you mean 'models'?",
        "keypoints: the key is missing",
        "models: the key is missing",
    ]


def test_the_nearest_name_is_offered_or_all():
    assert suggest("snuot", ["snout", "tail"]) == "did you mean 'snout'?"
    assert suggest("wing", ["snout", "tail"]) == "valid are snout, tail"
    assert suggest(5, ["4", "8"]) == "valid are 4, 8"


def test_faults_are_one_error_a_line_each():
    raise_faults([])
    with pytest.raises(PosemakeError, match=r"^a\nb$"):
        raise_faults(["a", "b"])
    with pytest.raises(ValueError, match=r"^a$"):
        raise_faults(["a"], ValueError)
