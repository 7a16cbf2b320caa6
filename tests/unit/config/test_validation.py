import copy
import dataclasses
import json
import re

import pytest
from fixtures.helpers import ROOT

from posemake.config import settings
from posemake.config.filter_steps import STEPS
from posemake.config.validation import config_faults, nearest, raise_faults
from posemake.config.video_sheet import frames_faults, frames_of_video, read_videos
from posemake.core.errors import PosemakeError
from posemake.core.yaml_files import read_yaml
from posemake.networks.runtimes import ENGINES

SCHEMA = read_yaml(ROOT / "config/schemas/config.schema.yaml")
VIDEOS_SCHEMA = read_yaml(ROOT / "config/schemas/videos.schema.yaml")
CONFIG = read_yaml(ROOT / "config/config.yaml")
NESTED = (settings.Model, settings.Augment, settings.Probability, settings.Shares, settings.Follow, *STEPS.values())
KINDS = {name: kind for name, kind in vars(settings).items() if dataclasses.is_dataclass(kind)}
SECTIONS = {name.lower(): kind for name, kind in KINDS.items() if kind not in NESTED}


def keys(kind):
    return {field.name for field in dataclasses.fields(kind)}


def test_the_config_and_sheet_of_the_repository_have_no_fault():
    assert config_faults(CONFIG, SCHEMA) == []
    videos, faults = read_videos(ROOT / CONFIG["videos"], VIDEOS_SCHEMA)
    assert faults == [] and len(videos) > 1


def test_every_setting_is_in_the_schema_and_every_key_of_the_schema_is_a_setting():
    sections = {key: rule for key, rule in SCHEMA["properties"].items() if rule.get("type") == "object"}
    assert set(sections) == {*SECTIONS, "models"}
    for name, kind in SECTIONS.items():
        assert set(sections[name]["properties"]) == keys(kind), name
    model = SCHEMA["properties"]["models"]["additionalProperties"]
    assert set(model["properties"]) == keys(settings.Model)
    augment = model["properties"]["augment"]["properties"]
    assert set(augment) == keys(settings.Augment)
    assert set(augment["probability"]["properties"]) == keys(settings.Probability)
    assert set(sections["frames"]["properties"]["shares"]["properties"]) == keys(settings.Shares)
    assert set(sections["predict"]["properties"]["follow"]["properties"]) == keys(settings.Follow)
    assert sections["predict"]["properties"]["engine"]["enum"] == ["auto", *ENGINES]


def test_every_setting_is_shown_in_the_config_of_the_repository():
    for name, kind in SECTIONS.items():
        assert set(CONFIG[name]) == keys(kind), name
    assert set(CONFIG["models"]["small"]) == keys(settings.Model)
    assert set(CONFIG["models"]["small"]["augment"]) == keys(settings.Augment)
    assert set(CONFIG["models"]["small"]["augment"]["probability"]) == keys(settings.Probability)
    assert set(CONFIG["frames"]["shares"]) == keys(settings.Shares)
    assert set(CONFIG["predict"]["follow"]) == keys(settings.Follow)


def test_defaults_are_valid():
    least = {"keypoints": ["snout"], "models": {"small": {}}}
    assert config_faults(least, SCHEMA) == []
    filled = {name: settings.plain(kind) for name, kind in SECTIONS.items()}
    full = {**least, **filled, "models": {"small": settings.plain(settings.Model)}}
    assert config_faults(json.loads(json.dumps(full)), SCHEMA) == []  # tuples are lists in YAML


def put(path, value):
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
        ("models.other", {"backbone": "resnet50", "weights": "no.pt"}, "models.other.weights: is none, imagenet, or a file"),
        ("split.test", 0.8, "split: validation and test together leave less than a tenth for training"),
    ],
)
def test_each_fault_of_a_config_names_its_key(path, value, sentence):
    faults = config_faults(put(path, value), SCHEMA)
    assert sum(sentence in fault for fault in faults) == 1, faults
    assert all("\n" not in fault for fault in faults)


@pytest.mark.parametrize("config", [None, 5, [1], "a"])
def test_a_config_that_holds_no_keys_is_a_fault(config):
    assert len(config_faults(config, SCHEMA)) == 1


def test_all_faults_of_a_config_are_told_at_once_and_each_once():
    assert config_faults({"model": {}}, SCHEMA) == [
        "model: there is no such key; did you mean 'models'?",
        "keypoints: the key is missing",
        "models: the key is missing",
    ]


def sheet(folder, text):
    path = folder / "videos.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(folder, text):
    path = sheet(folder, text)
    _, faults = read_videos(path, VIDEOS_SCHEMA)
    assert all(fault.startswith(str(path)) for fault in faults)
    return [fault.removeprefix(f"{path}") for fault in faults]


def test_a_sheet_gives_its_rows_with_their_types(tmp_path):
    text = "video\tuse\tpath\tfps\tcrop\tstart\tsubject\nm1\tboth\ta b/m1.mp4\t29.97\t0,320,10,240\t5\t007\nm2\ttrain\t\t\n"
    videos, faults = read_videos(sheet(tmp_path, text), VIDEOS_SCHEMA)
    assert faults == []
    assert set(videos["m1"]) == {*VIDEOS_SCHEMA["properties"], "row"}
    assert [videos["m1"][key] for key in ("path", "fps", "crop", "start", "subject", "stop", "row")] == [
        "a b/m1.mp4", 29.97, [0, 320, 10, 240], 5, "007", None, 2,
    ]  # fmt: skip
    assert videos["m2"] == dict.fromkeys(videos["m2"]) | {"video": "m2", "use": "train", "row": 3}


@pytest.mark.parametrize("change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n"), lambda t: t.replace("\t", " \t ")])
def test_a_sheet_of_a_spreadsheet_reads_the_same(tmp_path, change):
    text = "video\tuse\tgroup\nm1\tboth\tcontrol\nm2\ttrain\tdrug\n"
    plain, _ = read_videos(sheet(tmp_path, text), VIDEOS_SCHEMA)
    assert read_videos(sheet(tmp_path, change(text)), VIDEOS_SCHEMA) == (plain, [])


def test_rows_are_the_lines_of_the_file(tmp_path):
    text = "# all videos\nvideo\tuse\n\n# of the first day\nm1\tboth\nm2\tbth\n"
    assert faults_of(tmp_path, text) == [", row 6, use: 'bth' is not valid; did you mean 'both'?"]
    assert read_videos(sheet(tmp_path, text.replace("bth", "both")), VIDEOS_SCHEMA)[0]["m1"]["row"] == 5


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", ": the sheet is empty; its first row names the columns: video, path, use"),
        ("# nothing\n\n", ": the sheet is empty"),
        ("video\tuse\n", ": the sheet names no video"),
        ("vidio\tuse\nm1\tboth\n", ": there is no column 'vidio'; did you mean 'video'?"),
        ("video\tpath\nm1\ta.mp4\n", ": the column 'use' is missing"),
        ("video\tuse\tuse\nm1\tboth\tboth\n", ": the column 'use' stands there twice"),
        ("video,use\nm1,both\n", ": there is no column 'video,use'"),
        ("video\tuse\nm1\tbot\n", ", row 2, use: 'bot' is not valid; did you mean 'both'?"),
        ("video\tuse\n\tboth\n", ", row 2, video: the key is missing"),
        ("video\tuse\nm1\tboth\nm2\tboth\nm1\ttrain\n", ", row 4, video: 'm1' already stands in row 2; ids are unique"),
        ("video\tuse\nm/1\tboth\n", ", row 2, video: 'm/1': an id begins with a letter or digit"),
        ("video\tuse\n.m\tboth\n", ", row 2, video: '.m': an id begins"),
        ("video\tuse\nm1\tboth\tmore\n", ", row 2: 3 cells under a header of 2"),
        ("video\tuse\tfps\nm1\tboth\tfast\n", ", row 2, fps: 'fast' is not of the type number"),
        ("video\tuse\tfps\nm1\tboth\t0\n", ", row 2, fps: "),
        ("video\tuse\tstart\nm1\tboth\t1.5\n", ", row 2, start: '1.5' is not of the type integer"),
        ("video\tuse\tcrop\nm1\tboth\t0,10,20\n", ", row 2, crop: '0,10,20': a crop is x1,x2,y1,y2 in pixels"),
        ("video\tuse\tcrop\nm1\tboth\t9,9,0,20\n", ", row 2, crop: '9,9,0,20' is empty; it is x1,x2,y1,y2 with x1 < x2"),
        ("video\tuse\troi\nm1\tboth\t0,10,20\n", ", row 2, roi: '0,10,20': a region is x1,x2,y1,y2 in pixels"),
        ("video\tuse\troi\nm1\tboth\t0,9,20,9\n", ", row 2, roi: '0,9,20,9' is empty; it is x1,x2,y1,y2 with x1 < x2"),
        ("video\tuse\tframes\nm1\tboth\t3;4\n", ", row 2, frames: '3;4': a list of frames and ranges of frames"),
        ("video\tuse\tframes\nm1\tboth\t3-9:0\n", ", row 2, frames: '3-9:0': a list of frames and ranges of frames"),
        ("video\tuse\tframes\nm1\tboth\t1,9-3\n", ", row 2, frames: '1,9-3' has a range that is empty"),
        ("video\tuse\tframes\nm1\tboth\t0-10000\n", ", row 2, frames: '0-10000' names more than 10000 frames"),
    ],
)
def test_each_fault_of_a_sheet_names_its_row(tmp_path, text, sentence):
    faults = faults_of(tmp_path, text)
    assert sum(fault.startswith(sentence) for fault in faults) == 1, faults


@pytest.mark.parametrize(
    "cell, frames",
    [
        ("12", [12]),
        ("12,40,100-200:20", [12, 40, 100, 120, 140, 160, 180, 200]),
        ("5-8 , 1", [1, 5, 6, 7, 8]),
        ("7,3-7,3", [3, 4, 5, 6, 7]),
        ("10-19:5", [10, 15]),
    ],
)
def test_a_list_of_frames_is_read_in_order_and_each_once(tmp_path, cell, frames):
    videos, faults = read_videos(sheet(tmp_path, f"video\tuse\tframes\troi\nm1\tboth\t{cell}\t1,2,3,4\n"), VIDEOS_SCHEMA)
    assert faults == [] and videos["m1"]["frames"] == frames and videos["m1"]["roi"] == [1, 2, 3, 4]


ROWS = {
    "m1": {"use": "both", "path": "a.mp4", "group": "control", "subject": "7", "frames": [1, 2], "row": 2},
    "m2": {"use": "train", "path": "b.mp4", "group": None, "subject": "8", "frames": None, "row": 3},
    "m3": {"use": "train", "path": None, "group": None, "subject": None, "frames": None, "row": 4},
    "m4": {"use": "analyse", "path": "d.mp4", "group": "drug", "subject": None, "frames": None, "row": 5},
}


def test_the_number_of_a_subject_goes_before_that_of_its_group():
    frames = settings.plain(settings.Frames, {"per_group": {"control": 5, "drug": 6}, "per_subject": {7: 9}})
    assert [frames_of_video(frames, row)["per_video"] for row in ROWS.values()] == [9, 20, 20, 6]
    other = settings.plain(settings.Frames, {"per_group": {"control": 5, "drug": 7}, "per_subject": {7: 9, 8: 20}})
    same = [frames_of_video(frames, row) == frames_of_video(other, row) for row in ROWS.values()]
    assert same == [True, True, True, False]  # another's number changes nothing


def frames_told(**values):
    return frames_faults(settings.plain(settings.Frames, values), ROWS, "config.yaml", "videos.tsv")


def test_numbers_and_lists_are_for_what_the_sheet_has():
    assert frames_told() == frames_told(per_group={"control": 3}, per_subject={7: 3, "8": 3}) == []
    assert frames_told(per_group={"contrl": 3}, per_subject={"9": 3}) == [
        "config.yaml, frames.per_group: no video to label is of the group 'contrl'; did you mean 'control'?",
        "config.yaml, frames.per_subject: no video to label is of the subject '9'; valid are 7, 8",
    ]
    assert len(frames_told(per_group={"drug": 3})) == 1  # its only video is not labelled
    assert frames_told(method="manual") == [
        "videos.tsv, row 3, frames: is empty, and frames.method is manual; name the frames, as in 12,40,100-200:20"
    ]


def test_all_faults_of_a_sheet_are_told_at_once(tmp_path):
    text = "video\tuse\tfps\nm 1\tboth\t-1\nm2\tall\t25\n\t\t25\nm3\tboth\t25\nm3\ttrain\tx\n"
    faults = faults_of(tmp_path, text)
    places = [re.match(r", row (\d+), (\w+): ", fault).groups() for fault in faults]
    assert sorted(places) == [
        ("2", "fps"), ("2", "video"), ("3", "use"), ("4", "use"), ("4", "video"), ("6", "fps"), ("6", "video"),
    ]  # fmt: skip


def test_a_sheet_that_is_not_there_or_no_text_is_a_fault(tmp_path):
    videos, faults = read_videos(tmp_path / "none.tsv", VIDEOS_SCHEMA)
    assert videos == {} and len(faults) == 1 and "none.tsv: the sheet of videos cannot be read" in faults[0]
    (tmp_path / "latin.tsv").write_bytes("video\tuse\nmäuse\tboth\n".encode("latin-1"))
    videos, faults = read_videos(tmp_path / "latin.tsv", VIDEOS_SCHEMA)
    assert videos == {} and len(faults) == 1 and "latin.tsv" in faults[0]


@pytest.mark.parametrize("text, line", [("a: 1\nb: [1, 2\nc: 3\n", 3), ("a: 1\n\tb: 2\n", 2), ("a: b: c\n", 1)])
def test_yaml_that_does_not_parse_is_told_with_its_line(tmp_path, text, line):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(PosemakeError, match=rf"^{re.escape(str(path))}, line {line}, column \d+: this is not YAML"):
        read_yaml(path)


def test_yaml_that_is_not_there_is_told_with_its_name(tmp_path):
    with pytest.raises(PosemakeError, match=r"none.yaml: cannot be read"):
        read_yaml(tmp_path / "none.yaml")


def test_yaml_makes_plain_values_only(tmp_path):
    (tmp_path / "a.yaml").write_text("a: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(PosemakeError, match="not YAML"):
        read_yaml(tmp_path / "a.yaml")


def test_the_nearest_name_is_offered_or_all():
    assert nearest("snuot", ["snout", "tail"]) == "did you mean 'snout'?"
    assert nearest("wing", ["snout", "tail"]) == "valid are snout, tail"
    assert nearest(5, ["4", "8"]) == "valid are 4, 8"


def test_faults_are_one_error_a_line_each():
    raise_faults([])
    with pytest.raises(PosemakeError, match=r"^a\nb$"):
        raise_faults(["a", "b"])
    with pytest.raises(ValueError, match=r"^a$"):
        raise_faults(["a"], ValueError)
