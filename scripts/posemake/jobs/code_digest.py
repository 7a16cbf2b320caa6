"""Digests of the code that rules run.

Snakemake compares a rule's script, but not the modules that the script imports. The digest covers the script, all modules of
``posemake`` that it imports, directly or through others, and the templates that these modules name. Comments, docstrings and
layout are left out, so that only a change of meaning reruns a rule.
"""

import ast
import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from posemake.core.atomic import write_text
from posemake.core.paths import StrPath

SCRIPTS = Path(__file__).parents[2]
PACKAGE = "posemake"
# Packages and modules that change no result. The values of settings are parameters of the rules already.
NEUTRAL = (
    "posemake.config",
    "posemake.jobs",
    "posemake.core.atomic",
    "posemake.core.errors",
    "posemake.core.log",
    "posemake.core.machine_errors",
    "posemake.core.paths",
    "posemake.models.tensorboard",
)
TEMPLATE = ".jinja"  # ending of templates; `<package>/<file>.jinja` is the file `templates/<file>.jinja` of the package
TEMPLATE_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
TEMPLATE_NAME = re.compile(r"""["']([\w./-]+\.jinja)["']""")
DEFINITIONS = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@cache
def _own_code() -> bytes:
    return Path(__file__).read_bytes()


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _meaning(node: ast.AST) -> str:
    """Return a syntax tree as text, without docstrings and positions.

    Empty fields are left out, as versions of Python differ in them.
    """
    parts = []
    for name, value in ast.iter_fields(node):
        if value in (None, [], "") and name != "value":  # as constants, None and "" differ
            continue
        items = value if isinstance(value, list) else [value]
        if name == "body" and isinstance(node, DEFINITIONS) and _is_docstring(items[0]):
            items = items[1:]
        parts.append(name + ":" + ",".join(_meaning(i) if isinstance(i, ast.AST) else repr(i) for i in items))
    return f"{type(node).__name__}({';'.join(parts)})"


def _is_neutral(name: str) -> bool:
    return any(name == neutral or name.startswith(f"{neutral}.") for neutral in NEUTRAL)


def _references(tree: ast.AST) -> list[str]:
    """Return the dotted names of the package that a module imports, anywhere in it, and the templates that it names.

    ``from posemake.a import b`` gives ``posemake.a.b``, whether ``b`` is a module or a name in ``posemake.a``.
    """
    references: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            references.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            references.update(alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(TEMPLATE):
            references.add(node.value)
    return sorted(name for name in references if not _is_neutral(name))


def _read_template(source: bytes) -> tuple[str, list[str]]:
    text = TEMPLATE_COMMENT.sub("", source.decode("utf-8"))
    return text, sorted(set(TEMPLATE_NAME.findall(text)))


def _read_code(path: Path, known: dict[str, tuple[str, list[str]]]) -> tuple[str, list[str]]:
    """Return the digest of a Python file or template, and its references.

    Parameters
    ----------
    path
        The file.
    known
        Results by the digest of the file's bytes and this module's, to which a new result is added.
    """
    source = path.read_bytes()
    key = hashlib.sha256(_own_code() + path.suffix.encode() + source).hexdigest()
    if key not in known:
        if path.suffix == TEMPLATE:
            meaning, references = _read_template(source)
        else:
            tree = ast.parse(source)
            meaning, references = _meaning(tree), _references(tree)
        known[key] = hashlib.sha256(meaning.encode()).hexdigest(), references
    return known[key]


class CodeDigests:
    """Digests of the scripts of rules.

    Parameters
    ----------
    cache_file
        JSON file that keeps results for the next start, as parsing takes longer than all else.
    scripts
        Folder of the scripts and of the package.
    """

    def __init__(self, cache_file: StrPath, scripts: StrPath = SCRIPTS):
        self.cache_file = Path(cache_file)
        self.scripts = Path(scripts)
        try:
            known = json.loads(self.cache_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = {}
        self._known: dict[str, tuple[str, list[str]]] = known if isinstance(known, dict) else {}
        self._count_before = len(self._known)
        self._digests: dict[str, str] = {}
        self._files: dict[str, list[Path]] = {}

    def _resolve(self, reference: str) -> list[Path]:
        """Return the files of a reference: the template, or the module and each ``__init__`` above it."""
        if reference not in self._files:
            self._files[reference] = [path for path in self._candidates(reference) if path.is_file()]
        return self._files[reference]

    def _candidates(self, reference: str) -> Iterator[Path]:
        if reference.endswith(TEMPLATE):
            package, _, file = reference.partition("/")
            yield self.scripts / PACKAGE / package / "templates" / file
            return
        path = self.scripts
        for name in reference.split("."):
            path = path / name
            yield path / "__init__.py"
            if (module := path.with_suffix(".py")).is_file():
                yield module
                return

    def digest(self, script: str) -> str:
        """Return the digest of ``scripts/<script>.py`` and of all that it imports.

        Raises
        ------
        OSError
            If there is no such script.
        """
        if script not in self._digests:
            self._digests[script] = self._compute(self.scripts / f"{script}.py")
        return self._digests[script]

    def _compute(self, script: Path) -> str:
        waiting, seen, digests = [script], set(), []
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            digest, references = _read_code(path, self._known)
            digests.append(f"{path.relative_to(self.scripts).as_posix()}:{digest}")
            for reference in references:
                waiting += self._resolve(reference)
        return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()[:16]

    def save(self) -> None:
        """Write new results into the cache file; a folder that cannot be written costs only time."""
        if len(self._known) > self._count_before and os.access(self.cache_file.parent, os.W_OK):
            with contextlib.suppress(OSError):
                write_text(self.cache_file, json.dumps(self._known))
