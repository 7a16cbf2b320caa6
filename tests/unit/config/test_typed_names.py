"""Names of keypoints are those that are typed, whatever YAML 1.1 takes them for."""

import pytest

from posemake.config.typed_names import with_typed_names
from posemake.core.yaml_files import read_yaml

NAMES = ["on", "off", "no", "yes", "y", "n", "1_2", "1e3", "012", "0x1F", "2021-05-03", "null", "true", "12", "1:30", "snout"]


def typed(folder, text, **others):
    path = folder / "config.yaml"
    path.write_text(text)
    written = read_yaml(path)
    return with_typed_names({**written, **others}, path, written)


@pytest.mark.parametrize("name", NAMES)
def test_keypoints_and_edges(tmp_path, name):
    values = typed(tmp_path, f"keypoints: [{name}, tail]\nskeleton:\n  - [tail, {name}]  # an edge\nseed: 012\n")
    assert values == {"keypoints": [name, "tail"], "skeleton": [["tail", name]], "seed": 10}


def test_keypoints_in_sections(tmp_path):
    text = "refine: {body: [no, tail], per_video: 5}\nevaluate: {reference: [on, off], oks_sigmas: {y: 0.1, no: 0.2}}\n"
    assert typed(tmp_path, text) == {
        "refine": {"body": ["no", "tail"], "per_video": 5},
        "evaluate": {"reference": ["on", "off"], "oks_sigmas": {"y": 0.1, "no": 0.2}},
    }


@pytest.mark.parametrize(
    "text", ["keypoints: 5\n", "keypoints: [[a], {b: 1}, ]\n", "skeleton: [[1.5, a], ]\nkeypoints: {on: 1}\n"]
)
def test_what_is_no_list_of_names_does_not_hurt(tmp_path, text):
    typed(tmp_path, text)


def test_values_from_elsewhere_stay(tmp_path):
    assert typed(tmp_path, "keypoints: [on, no]\n", keypoints=["a", "b"]) == {"keypoints": ["a", "b"]}
    assert typed(tmp_path, "keypoints: [on, ]\n", skeleton=[]) == {"keypoints": ["on"], "skeleton": []}


def test_an_empty_entry_is_no_name(tmp_path):
    assert typed(tmp_path, "keypoints:\n  - snout\n  -\n")["keypoints"] == ["snout", None]
