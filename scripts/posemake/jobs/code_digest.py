"""Digest of the code that a rule runs: a change of meaning reruns the rule, a change of wording does not.

Snakemake compares a rule's script, but not the modules that the script imports. The digest covers the script, every module of
``posemake`` that it imports, directly or through others, and the templates that these modules name. Comments, docstrings and
layout are left out.
"""

import ast
import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from posemake.core.atomic import write_text

SCRIPTS = Path(__file__).parents[2]
OWN_CODE = Path(__file__).read_bytes()
PACKAGE = "posemake"
# Packages and modules that change no result: the values of settings are parameters of the rules already.
NEUTRAL = (
    "posemake.config",
    "posemake.jobs",
    "posemake.core.atomic",
    "posemake.core.errors",
    "posemake.core.log",
    "posemake.core.machine_errors",
    "posemake.models.tensorboard",
)
TEMPLATE = ".jinja"  # ending of the names of templates, which lie in the folder `templates` of the package that uses them
TEMPLATE_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
TEMPLATE_NAME = re.compile(r"""["']([\w./-]+\.jinja)["']""")


def _meaning(node: ast.AST) -> str:
    """Return the tree as text, without docstrings and positions; empty fields are left out, as Python versions differ in them."""
    parts = []
    for name, value in ast.iter_fields(node):
        if value in (None, [], "") and name != "value":  # as constants, None and "" differ
            continue
        items = value if isinstance(value, list) else [value]
        if name == "body" and isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            first = items[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                items = items[1:]
        parts.append(name + ":" + ",".join(_meaning(i) if isinstance(i, ast.AST) else repr(i) for i in items))
    return f"{type(node).__name__}({';'.join(parts)})"


def _is_neutral(name: str) -> bool:
    return any(name == neutral or name.startswith(f"{neutral}.") for neutral in NEUTRAL)


def _references(tree: ast.AST) -> list[str]:
    """Return the dotted names of the package that a module imports, anywhere in it, and the templates that it names.

    ``from posemake.a import b`` gives ``posemake.a.b``: whether ``b`` is a module or a name in ``posemake.a`` is for the caller
    to find out.
    """
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(TEMPLATE):
            found.add(node.value)
    return sorted(name for name in found if not _is_neutral(name))


def _read_template(source: bytes) -> tuple[str, list[str]]:
    text = TEMPLATE_COMMENT.sub("", source.decode("utf-8"))
    return text, sorted(set(TEMPLATE_NAME.findall(text)))


def read_code(path: Path, known: dict[str, list]) -> tuple[str, list[str]]:
    """Return the digest of one file and the names that it refers to.

    Parameters
    ----------
    path
        A Python file, or a template.
    known
        Results by the digest of the file's bytes and this module's; what is read anew is added.
    """
    source = path.read_bytes()
    key = hashlib.sha256(OWN_CODE + path.suffix.encode() + source).hexdigest()
    if key not in known:
        if path.suffix == TEMPLATE:
            meaning, references = _read_template(source)
        else:
            tree = ast.parse(source)
            meaning, references = _meaning(tree), _references(tree)
        known[key] = [hashlib.sha256(meaning.encode()).hexdigest(), references]
    return known[key][0], known[key][1]


class CodeDigests:
    """Digests of the scripts of rules.

    Parameters
    ----------
    memory
        File (JSON) that keeps what was read, as parsing costs more than all else at start-up.
    scripts
        Folder of the scripts and of the package.
    """

    def __init__(self, memory: str | Path, scripts: str | Path = SCRIPTS):
        self.memory = Path(memory)
        self.scripts = Path(scripts)
        try:
            known = json.loads(self.memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = {}
        self.known: dict[str, list] = known if isinstance(known, dict) else {}
        self.before = len(self.known)
        self.made: dict[str, str] = {}
        self._found: dict[tuple[Path, str], list[Path]] = {}

    def _resolve(self, reference: str, folder: Path) -> list[Path]:
        """Return the files that a reference stands for: the module, and the ``__init__`` of each package above it."""
        key = folder if reference.endswith(TEMPLATE) else self.scripts, reference
        if key not in self._found:
            self._found[key] = [path for path in self._candidates(*key) if path.is_file()]
        return self._found[key]

    def _candidates(self, folder: Path, reference: str) -> Iterator[Path]:
        if reference.endswith(TEMPLATE):
            home = folder if folder.name == "templates" else folder / "templates"
            yield home / reference
            return
        path = self.scripts
        for name in reference.split("."):
            path = path / name
            yield path / "__init__.py"
            if (module := path.with_suffix(".py")).is_file():
                yield module
                return

    def of(self, script: str) -> str:
        """Return the digest of ``scripts/<script>.py`` and of all that it imports.

        Raises
        ------
        OSError
            If there is no such script.
        """
        if script in self.made:
            return self.made[script]
        todo, seen, digests = [self.scripts / f"{script}.py"], set(), []
        while todo:
            path = todo.pop()
            if path in seen:
                continue
            seen.add(path)
            digest, references = read_code(path, self.known)
            digests.append(f"{path.relative_to(self.scripts).as_posix()}:{digest}")
            for reference in references:
                todo += self._resolve(reference, path.parent)
        self.made[script] = hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()[:16]
        return self.made[script]

    def keep(self) -> None:
        """Write what was read anew into the memory; a folder that cannot be written costs only time."""
        if len(self.known) > self.before and os.access(self.memory.parent, os.W_OK):
            with contextlib.suppress(OSError):
                write_text(self.memory, json.dumps(self.known))
