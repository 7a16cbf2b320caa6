"""The three sentences about packages, held by walking the imports.

Shared packages stand in an order, and each imports only those before it. Every other package is a chapter: it imports shared
packages and itself, and never another chapter. What rules import needs little more than the standard library.
"""

import ast
import subprocess
import sys

import pytest
from fixtures.helpers import PACKAGE, ROOT, SCRIPTS

SHARED = ["core", "config", "jobs", "data", "video", "analysis", "networks", "plotting"]
LIGHT = {"core", "config", "jobs"}  # all that rules import
LIGHT_LIBRARIES = {"yaml", "pydantic", "pydantic_core", "psutil", "tqdm"}
HEAVY = ["numpy", "pandas", "torch", "cv2", "av", "matplotlib", "xarray", "sklearn", "scipy"]
# run on a GPU machine that has little installed
BARE = {"networks.inputs", "networks.network", "models.train", "networks.model_file", "networks.torch_runtime"}
BARE_LIBRARIES = {
    "torch",
    "torchvision",
    "numpy",
    "cv2",
    "PIL",  # torchvision needs it as well
    "tifffile",  # for images in TIFF only
    "pandas",
    "h5py",
    "tqdm",
    "yaml",
    "pydantic",
    "pydantic_core",
    "psutil",
    "timm",
    "safetensors",
}


def dotted(path):
    """Return the module's name within the package, as ``labelling.store.journal``."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


PATHS = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py"}
PACKAGES = sorted({name.split(".")[0] for name in PATHS})
CHAPTERS = [name for name in PACKAGES if name not in SHARED]


def imports(path):
    """Return the full names of what a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import escapes the digest of the code"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own(path):
    """Return the modules of the package that a file imports."""
    found = set()
    for name in imports(path):
        if name.startswith("posemake."):
            inner = name.removeprefix("posemake.")
            module = inner if inner in PATHS else inner.rpartition(".")[0]
            assert module in PATHS, f"{path} imports {name}, which is not a module"
            found.add(module)
    return found


IMPORTED = {name: own(path) for name, path in PATHS.items()}


def libraries(path):
    """Return the top-level names of what a file imports beside the package and the standard library."""
    return {name.split(".")[0] for name in imports(path)} - {"posemake"} - sys.stdlib_module_names


def leads_to(modules):
    """Return the modules and all that they import, one through another."""
    found, todo = set(), set(modules)
    while todo:
        module = todo.pop()
        found.add(module)
        todo |= IMPORTED[module] - found
    return found


def allowed(package):
    """Return the packages that a package may import."""
    return set(SHARED[: SHARED.index(package) + 1]) if package in SHARED else {*SHARED, package}


def test_every_module_lies_in_a_package():
    assert [path.name for path in PACKAGE.glob("*.py")] == ["__init__.py"]
    assert set(SHARED) <= set(PACKAGES)
    assert [path for path in PACKAGE.rglob("__init__.py") if path.read_text()] == []


def test_packages_import_what_they_may():
    wrong = [
        f"{module} imports {imported}"
        for module, found in IMPORTED.items()
        for imported in sorted(found)
        if imported.split(".")[0] not in allowed(module.split(".")[0])
    ]
    assert wrong == []


def test_no_module_imports_itself_through_others():
    assert [name for name in PATHS if name in leads_to(IMPORTED[name])] == []


def test_a_chapter_bears_the_name_of_its_rules():
    assert {*CHAPTERS} - {path.stem for path in ROOT.glob("rules/*.smk")} == {"demo"}


def test_the_package_knows_nothing_of_snakemake():
    assert [name for name, path in PATHS.items() if any(each.startswith("snakemake") for each in libraries(path))] == []


def test_what_rules_import_is_light():
    for name, path in PATHS.items():
        if name.split(".")[0] in LIGHT:
            assert libraries(path) <= LIGHT_LIBRARIES, name


def test_training_and_prediction_need_little():
    for module in leads_to(BARE):
        assert libraries(PATHS[module]) <= BARE_LIBRARIES, module


def loaded_after(code, names):
    """Return those of some modules that are loaded once a piece of code has run."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint([name for name in {names} if name in sys.modules])"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(SCRIPTS), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return ast.literal_eval(done.stdout)


def test_labelling_needs_little():
    """Label files in HDF5, images in TIFF and progress bars are not used there, so that their libraries may be missing."""
    known = {"numpy", "cv2", "PIL", "tifffile", "pandas", "h5py", "tqdm", "yaml", "pydantic", "psutil"}
    for module in leads_to({"labelling.session"}):
        assert libraries(PATHS[module]) <= known, module
    heavy = ["h5py", "tifffile", "tqdm", "tables", "torch", "av", "matplotlib", "xarray", "sklearn"]
    assert loaded_after("import posemake.labelling.session", heavy) == []


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_a_script_calls_one_stage_and_nothing_else(path):
    stages = own(path) - {"jobs.job"}
    assert len({name.split(".")[0] for name in stages} - {"core", "config", "jobs"}) == 1, stages
    assert libraries(path) == set()
    assert len(path.read_text().splitlines()) <= 35


def test_rules_import_nothing_heavy():
    light = [name for name in PATHS if name.split(".")[0] in LIGHT]
    assert loaded_after("\n".join(f"import posemake.{name}" for name in light), HEAVY) == []
