import ast
import json
import re
import shutil

import pytest
from fixtures.helpers import SCRIPTS

from posemake.jobs.code_digest import NEUTRAL, CodeDigests

MODULES = {
    "chapter/stage": '''"""The stage."""

from posemake.chapter.deep import depth
from posemake.config import settings


def run():
    return depth()
''',
    "chapter/deep": '''"""Deep."""

import numpy as np

DEPTH = 3


def depth():
    """How deep."""
    return np.ones(DEPTH)
''',
    "config/settings": "A = 1\n",
    "chapter/other": "B = 2\n",
}


@pytest.fixture
def scripts(tmp_path):
    """A small folder of scripts: job leads to stage, and that to deep and settings; other is led to by nothing."""
    folder = tmp_path / "scripts"
    for name, text in MODULES.items():
        path = folder / "posemake" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        (path.parent / "__init__.py").touch()
    (folder / "posemake" / "__init__.py").touch()
    (folder / "job.py").write_text("def main():\n    from posemake.chapter.stage import run\n\n    run()\n")
    (folder / "idle.py").write_text("def main():\n    pass\n")
    return folder


def digest(scripts, script="job", memory="none.json"):
    return CodeDigests(scripts.parent / memory, scripts).digest(script)


def rewrite(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_every_python_gives_the_same_digest(scripts):
    """A laptop and a cluster with different Pythons share results: this digest is a constant of all of them."""
    assert digest(scripts) == "7ec7a5467ada277b"


@pytest.mark.parametrize(
    "module, old, new",
    [
        ("chapter/stage", '"""The stage."""', '"""The stage, in other words."""'),
        ("chapter/stage", '"""The stage."""\n\n', ""),
        ("chapter/deep", '    """How deep."""\n', ""),
        ("chapter/deep", "DEPTH = 3\n", "DEPTH = 3  # metres\n\n# and more\n"),
        ("chapter/deep", "np.ones(DEPTH)", "np.ones(\n        (DEPTH),\n    )"),
        ("config/settings", "A = 1", "A = 7"),
        ("chapter/other", "B = 2", "B = 7"),
    ],
    ids=["docstring", "no-docstring", "function-docstring", "comment", "layout", "neutral", "unrelated"],
)
def test_a_change_of_words_changes_nothing(scripts, module, old, new):
    before = digest(scripts)
    rewrite(scripts / "posemake" / f"{module}.py", old, new)
    assert digest(scripts) == before


@pytest.mark.parametrize(
    "module, old, new",
    [
        ("chapter/stage", "return depth()", "return depth() + 1"),
        ("chapter/deep", "DEPTH = 3", "DEPTH = 4"),
        ("chapter/deep", "DEPTH = 3", "DEPTH = 3.0"),
        ("chapter/deep", "DEPTH = 3", "DEPTH = '3'"),
        ("chapter/deep", "np.ones", "np.zeros"),
        ("chapter/deep", "import numpy as np", "import torch as np"),
        ("chapter/deep", "def depth():", "def depth(more=1):"),
        ("chapter/deep", "def depth():", "@staticmethod\ndef depth():"),
        ("chapter/deep", "    return np", "    if DEPTH:\n        return np"),
    ],
)
def test_a_change_of_meaning_changes_the_digest_even_far_down(scripts, module, old, new):
    before, idle = digest(scripts), digest(scripts, "idle")
    rewrite(scripts / "posemake" / f"{module}.py", old, new)
    assert digest(scripts) != before
    assert digest(scripts, "idle") == idle


def test_values_that_are_nothing_differ(scripts):
    found = set()
    for value in ("None", "''", "0", "0.0", "False", "[]", "()", "b''", "...", "'None'"):
        (scripts / "idle.py").write_text(f"A = {value}\n")
        found.add(digest(scripts, "idle"))
    assert len(found) == 10


def test_a_new_import_brings_its_module_in(scripts):
    before = digest(scripts)
    rewrite(
        scripts / "posemake/chapter/deep.py", "    return np", "    from posemake.chapter import other\n\n    return other.B + np"
    )
    between = digest(scripts)
    rewrite(scripts / "posemake/chapter/other.py", "B = 2", "B = 3")
    assert len({before, between, digest(scripts)}) == 3


def test_modules_that_import_each_other_are_read_once(scripts):
    (scripts / "posemake/chapter/deep.py").write_text("import posemake.chapter.stage\n\n\ndef depth():\n    return 1\n")
    before = digest(scripts)
    rewrite(scripts / "posemake/chapter/deep.py", "return 1", "return 2")
    assert digest(scripts) != before


@pytest.mark.parametrize("content", [None, "", "{", "[]", "null", "7", '{"a": ', "\udcff"])
def test_a_broken_memory_is_survived(scripts, content):
    memory = scripts.parent / "memory.json"
    if content is not None:
        memory.write_bytes(content.encode("utf-8", "surrogateescape"))
    code_digests = CodeDigests(memory, scripts)
    assert code_digests.digest("job") == digest(scripts)
    code_digests.save()
    assert len(json.loads(memory.read_text())) == 4  # three modules, and what is empty


def test_what_is_remembered_gives_the_same_digests_and_hides_no_change(scripts):
    memory = scripts.parent / "memory.json"
    first = CodeDigests(memory, scripts)
    before = first.digest("job")
    first.save()
    kept = memory.read_bytes()
    again = CodeDigests(memory, scripts)
    assert again.digest("job") == before
    again.save()
    assert memory.read_bytes() == kept
    rewrite(scripts / "posemake/chapter/deep.py", "DEPTH = 3", "DEPTH = 4")
    assert CodeDigests(memory, scripts).digest("job") == digest(scripts) != before


def test_a_memory_whose_folder_is_not_there_yet_is_not_kept(scripts):
    code_digests = CodeDigests(scripts.parent / ".snakemake" / "memory.json", scripts)
    assert code_digests.digest("job") == digest(scripts)
    code_digests.save()
    assert not (scripts.parent / ".snakemake").exists()


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A copy of the real scripts."""
    return shutil.copytree(SCRIPTS, tmp_path_factory.mktemp("real") / "scripts", ignore=shutil.ignore_patterns("__pycache__"))


def test_every_script_has_a_digest_that_its_words_do_not_change(real):
    names = sorted(path.stem for path in real.glob("*.py"))
    code_digests = CodeDigests(real.parent / "none.json", real)
    before = {name: code_digests.digest(name) for name in names}
    assert len(set(before.values())) == len(names)
    for path in real.rglob("*.py"):  # comments, layout and quotes go
        path.write_text(ast.unparse(ast.parse(path.read_text())))
    code_digests = CodeDigests(real.parent / "none.json", real)
    assert {name: code_digests.digest(name) for name in names} == before


def test_a_change_of_the_heatmap_reruns_what_uses_it_alone(real):
    names = ("predict_poses", "train_model", "evaluate_model", "prepare_video", "select_frames", "filter_poses", "plot_poses")

    def digests():
        code_digests = CodeDigests(real.parent / "none.json", real)
        return {name: code_digests.digest(name) for name in names}

    before = digests()
    path = real / "posemake/networks/heatmap.py"
    path.write_text(re.sub(r"OFFSET_RADIUS = [\d.]+", "OFFSET_RADIUS = 2.5", path.read_text()))
    assert {name for name, found in digests().items() if found != before[name]} == {
        "predict_poses",
        "train_model",
        "evaluate_model",
    }


def test_other_words_for_a_fault_of_the_machine_rerun_nothing(real):
    def digests():
        code_digests = CodeDigests(real.parent / "none.json", real)
        return {path.stem: code_digests.digest(path.stem) for path in real.glob("*.py")}

    before = digests()
    rewrite(real / "posemake/core/machine_errors.py", "there is no space left on the disk of {}", "the disk of {} is full")
    assert digests() == before


def test_neutral_names_are_modules_or_packages():
    for name in NEUTRAL:
        path = SCRIPTS / name.replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").is_file(), name


@pytest.fixture
def templated(scripts):
    """Let the stage of the small folder render a page that extends a base of another package."""
    stage = scripts / "posemake/chapter/stage.py"
    page, base = scripts / "posemake/chapter/templates/page.html.jinja", scripts / "posemake/plotting/templates/base.html.jinja"
    for path in (page, base):
        path.parent.mkdir(parents=True)
    page.write_text("{% extends 'plotting/base.html.jinja' %}{# a remark #}\n<p>{{ depth }}</p>\n")
    base.write_text("<html>{% block body %}{% endblock %}</html>\n")
    rewrite(stage, "    return depth()", "    return 'chapter/page.html.jinja', depth()")
    return scripts / "posemake"


@pytest.mark.parametrize(
    "name, old, new, changes",
    [
        ("chapter/templates/page.html.jinja", "<p>", "<div>", True),
        ("plotting/templates/base.html.jinja", "<html>", "<html lang='en'>", True),
        ("chapter/templates/page.html.jinja", "{# a remark #}", "{# another one #}", False),
    ],
)
def test_templates_are_part_of_the_code(scripts, templated, name, old, new, changes):
    before, idle = digest(scripts), digest(scripts, "idle")
    rewrite(templated / name, old, new)
    assert (digest(scripts) != before) is changes
    assert digest(scripts, "idle") == idle


@pytest.mark.parametrize(
    "template, scripts_of_it",
    [
        ("plotting/templates/base.html.jinja", {"report_model", "write_index"}),
        ("plotting/templates/macros.html.jinja", {"report_model", "write_index"}),
        ("evaluation/templates/model_page.html.jinja", {"report_model"}),
        ("reports/templates/index.html.jinja", {"write_index"}),
    ],
)
def test_a_change_of_a_real_template_reruns_the_pages_that_it_is_part_of(real, template, scripts_of_it):
    def digests():
        code_digests = CodeDigests(real.parent / "none.json", real)
        return {path.stem: code_digests.digest(path.stem) for path in real.glob("*.py")}

    before = digests()
    with (real / "posemake" / template).open("a") as file:
        file.write("<!-- changed -->")
    assert {name for name, found in digests().items() if found != before[name]} == scripts_of_it


def test_modules_of_one_name_in_two_packages_are_told_apart(scripts):
    folder = scripts / "posemake/second"
    folder.mkdir()
    (folder / "deep.py").write_text((scripts / "posemake/chapter/deep.py").read_text())
    before = digest(scripts)
    rewrite(scripts / "posemake/chapter/stage.py", "from posemake.chapter.deep", "from posemake.second.deep")
    between = digest(scripts)
    rewrite(folder / "deep.py", "DEPTH = 3", "DEPTH = 4")
    assert len({before, between, digest(scripts)}) == 3


def test_a_package_that_is_imported_brings_its_init_in(scripts):
    before = digest(scripts)
    (scripts / "posemake/chapter/__init__.py").write_text("C = 1\n")
    assert digest(scripts) != before
