"""Values of ``snakemake --config`` as they were typed.

Snakemake makes numbers of `2021_05_03` and `0123`, and YAML of `raw: day 1`. The texts that were typed stay in the settings of
its workflow, also in the process of a job, which is started with them. Quotation marks at both ends, which Snakemake removes,
cannot be told apart from none. Values of a file (``--configfile``) are read as YAML.
"""

from collections.abc import Iterable, Mapping
from typing import Any


def typed_option(key: str, config: Mapping[str, Any], arguments: Iterable[str] | None) -> Any:
    """Return a value of the config, as text if it was typed on the command line.

    Parameters
    ----------
    key
        Key at the top level of the config.
    config
        All values, as Snakemake read them.
    arguments
        What follows ``--config``, as ``key=value``.

    Returns
    -------
    Any
        The text, of which several are joined by commas, as a shell makes them of ``videos=raw/{a,b}.mp4``; the value as Snakemake
        read it if it is a list or a mapping, as in ``keypoints=[snout, tail]``, or if it was
        not typed; empty if there is none.
    """
    pairs = (entry.partition("=") for entry in arguments or [])
    text = ",".join(filter(None, (text.strip("'\"") for name, _, text in pairs if name == key)))
    return text if text and not text.lstrip().startswith(("[", "{")) else config.get(key) or ""
