"""The look that the pages of results share."""

from typing import Any

from jinja2 import DictLoader, Environment

HEAD = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  :root { color-scheme: light dark; --line: light-dark(#d7dbe0, #3b4048); --soft: light-dark(#f4f6f8, #22262c); --accent: #2a788e; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 1120px; margin: 2rem auto; padding: 0 1rem; }
  h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); } h3 { margin: 1.5rem 0 .5rem; }
  .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 1rem; margin: 1.5rem 0; }
  .tile { background: var(--soft); border-radius: 8px; padding: .8rem 1rem; } .tile b { display: block; font-size: 1.7rem; }
  .wide { overflow-x: auto; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { text-align: right; padding: .25rem .7rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
  th:first-child, td:first-child { text-align: left; } thead th { background: var(--soft); }
  .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 1.2rem; }
  .card { background: var(--soft); border-radius: 8px; padding: .7rem; } .card h3 { margin: 0 0 .4rem; }
  img, video { max-width: 100%; border-radius: 4px; } img { background: white; }
  a { color: var(--accent); } .note { opacity: .75; font-size: .9rem; }
</style>
{% macro table(rows) %}<div class="wide"><table><thead><tr>{% for name in rows.columns %}<th>{{ name }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in rows.itertuples(index=False) %}<tr>{% for cell in row %}<td>{{ cell | short }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>{% endmacro %}
"""


def _short(cell: Any) -> str:
    if cell is None or cell != cell:
        return ""
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


def render(page: str, **values: Any) -> str:
    """Fill in a page, a template of Jinja; it begins with ``{% from "head" import table %}`` and ``{% include "head" %}``.

    The filter ``short`` gives four digits of a float, and nothing for a missing value; ``table`` shows a DataFrame.
    """
    environment = Environment(autoescape=True, loader=DictLoader({"head": HEAD}))
    environment.filters["short"] = _short
    return environment.from_string(page).render(**values)
