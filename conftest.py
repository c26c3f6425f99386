"""How notebooks are run again: their figures are compared, their seconds and memory measured."""

from collections import defaultdict
from pathlib import Path

import nbformat
import psutil
import pytest
from nbval.plugin import IPyNbCell

from tests.contract import budget_faults, compared_share
from tests.figures import figure_faults

seconds = defaultdict(float)  # of each notebook, in this process
megabytes = defaultdict(float)
processor_seconds = defaultdict(float)  # of each notebook's kernel, up to its last cell
over_budget = set()  # notebooks that have failed for it


class CellWithFigures(IPyNbCell):
    """A cell whose figures are compared, too: nbval itself leaves pictures out."""

    def compare_outputs(self, test, ref, skip_compare=None):
        """Return whether new and stored outputs agree; note why not."""
        alike = super().compare_outputs(test, ref, skip_compare)
        faults = figure_faults(test, ref)
        self.comparison_traceback += faults
        return alike and not faults


def pytest_collection_modifyitems(items):
    """Let every notebook's cells compare their figures."""
    for item in items:
        if type(item) is IPyNbCell:
            item.__class__ = CellWithFigures


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Note what a notebook's cell used; fail the first cell that goes beyond a budget."""
    report = (yield).get_result()
    if not isinstance(item, IPyNbCell) or call.when != "call":
        return
    notebook = item.nodeid.split("::")[0]
    kernel = psutil.Process(item.parent.kernel.km.provisioner.pid)
    cell_seconds = min(call.duration, new_processor_seconds(kernel, notebook))
    seconds[notebook] += cell_seconds
    megabytes[notebook] = max(megabytes[notebook], peak_megabytes(kernel))
    item.user_properties += [("seconds", cell_seconds), ("megabytes", megabytes[notebook])]
    report.user_properties = item.user_properties
    faults = budget_faults(cell_seconds, seconds[notebook], megabytes[notebook])
    if report.passed and faults and notebook not in over_budget:
        over_budget.add(notebook)
        report.outcome = "failed"
        report.longrepr = "; ".join(faults)


def new_processor_seconds(kernel, notebook):
    """Return the processor time of a kernel since its last cell.

    The smaller of this and the time on the wall counts: other programs make the wall's longer, a
    second core makes the processor's longer.
    """
    used = kernel.cpu_times()
    total = used.user + used.system
    new = total - processor_seconds[notebook]
    processor_seconds[notebook] = total
    return new


def peak_megabytes(kernel):
    """Return the most memory that a process has used: on Linux its peak, else what it uses now."""
    status = Path(f"/proc/{kernel.pid}/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    return kernel.memory_info().rss / 2**20


def pytest_terminal_summary(terminalreporter):
    """Print what each notebook took, and how much of the outputs was compared."""
    used = defaultdict(lambda: [0.0, 0.0])
    for reports in terminalreporter.stats.values():
        for report in reports:
            properties = dict(getattr(report, "user_properties", ()))
            if "megabytes" in properties and report.when == "call":
                notebook = report.nodeid.split("::")[0]
                used[notebook][0] += properties["seconds"]
                used[notebook][1] = max(used[notebook][1], properties["megabytes"])
    if not used:
        return
    terminalreporter.section("notebooks")
    terminalreporter.line(f"{'':40}{'seconds':>9}{'MB':>8}{'compared':>10}")
    root = terminalreporter.config.rootpath
    notebooks = {name: nbformat.read(root / name, as_version=4) for name in sorted(used)}
    for name, notebook in notebooks.items():
        took, memory = used[name]
        share = compared_share([notebook])
        terminalreporter.line(f"{name:40}{took:9.1f}{memory:8,.0f}{share:10.0%}")
    total = sum(took for took, _ in used.values())
    share = compared_share(notebooks.values())
    terminalreporter.line(f"{'all':40}{total:9.1f}{'':8}{share:10.0%}")
