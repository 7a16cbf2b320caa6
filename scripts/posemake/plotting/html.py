"""Pages of results, rendered from templates."""

from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined


def _load(name: str) -> str | None:
    """Return the text of the template ``<package>/<file>``, which lies in the folder ``templates`` of the package."""
    package, _, file = name.partition("/")
    template = files(f"posemake.{package}").joinpath("templates", file)
    return template.read_text(encoding="utf-8") if template.is_file() else None


def _short(cell: Any) -> str:
    """Return a cell as text: four digits of a float, nothing for a missing value."""
    if cell is None or cell != cell:
        return ""
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def render_page(template: str, **values: Any) -> str:
    """Fill in a page.

    The code digest of a rule covers the templates whose names stand in its modules as string constants, and those that these
    templates name in turn.

    Parameters
    ----------
    template
        Name of a Jinja template, ``<package>/<file>.html.jinja``. Most pages extend ``plotting/base.html.jinja`` and use the
        macros of ``plotting/macros.html.jinja``. The filter ``short`` shortens floats and leaves missing values empty.
    **values
        Variables of the template; text is escaped for HTML.

    Returns
    -------
    str
        The page.

    Raises
    ------
    jinja2.TemplateNotFound
        If there is no such template.
    jinja2.UndefinedError
        If the template uses a variable that was not given.
    """
    environment = Environment(
        autoescape=True, loader=FunctionLoader(_load), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["short"] = _short
    return environment.get_template(template).render(**values) + "\n"
