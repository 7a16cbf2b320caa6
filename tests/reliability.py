"""The table of docs/reliability.md: written from what tests of faults saw (`pytest --write-reliability`), and held by them."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"
COLUMNS = ("fault", "stage", "what happens", "what is lost", "what the user sees")
RULE = "| " + " | ".join("---" for _ in COLUMNS) + " |"


def as_row(values) -> str:
    """A line of the table."""
    cells = (re.sub(r"\s+", " ", str(value)).strip().replace("|", "\\|") for value in values)
    return "| " + " | ".join(cells) + " |"


@pytest.fixture
def tell(request):
    """``tell(fault, stage, happens, lost, sees)`` once all is asserted: a row of the table, without times or paths of the run."""

    def told(fault: str, stage: str, happens: str, lost: str, sees: str = "") -> None:
        row = as_row((fault, stage, happens, lost, sees))
        if request.config.getoption("--write-reliability"):
            request.node.user_properties.append(("reliability", (fault, row)))
        else:
            assert row in PAGE.read_text(encoding="utf-8").splitlines(), f"not in {PAGE.name}: {row}"

    return told


def pytest_addoption(parser):
    parser.addoption("--write-reliability", action="store_true", help="write the table of docs/reliability.md anew")


def pytest_terminal_summary(terminalreporter, config):
    """Write the rows of all workers; what a run did not test keeps its row only if no test of the same fault ran."""
    if not config.getoption("--write-reliability"):
        return
    passed = terminalreporter.stats.get("passed", [])
    told = [value for report in passed for name, value in report.user_properties if name == "reliability"]
    head, _, table = PAGE.read_text(encoding="utf-8").partition(RULE + "\n")
    faults = {fault for fault, _ in told}
    kept = [line for line in table.splitlines() if line.startswith("| ") and line[2:].split(" | ")[0] not in faults]
    rows = sorted({*kept, *(row for _, row in told)})
    PAGE.write_text(head + RULE + "\n" + "\n".join(rows) + "\n", encoding="utf-8")
