"""What the whole test run measures of each notebook: seconds and memory, and its budgets."""

from collections import defaultdict
from pathlib import Path

import nbformat
import psutil
import pytest

from tests.contract import budget_faults, compared_share

seconds = defaultdict(float)  # of each notebook, in this process
megabytes = defaultdict(float)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Fail a notebook's cell that goes beyond a budget; note what it used."""
    report = (yield).get_result()
    if type(item).__name__ != "IPyNbCell" or call.when != "call":
        return
    notebook = item.nodeid.split("::")[0]
    seconds[notebook] += call.duration
    megabytes[notebook] = max(megabytes[notebook], kernel_megabytes(item.parent.kernel))
    item.user_properties.append(("megabytes", megabytes[notebook]))
    report.user_properties = item.user_properties
    faults = budget_faults(call.duration, seconds[notebook], megabytes[notebook])
    if report.passed and faults:
        report.outcome = "failed"
        report.longrepr = "; ".join(faults)


def kernel_megabytes(kernel):
    """Return the most memory that nbval's running kernel has used: on Linux its peak, else now."""
    process = psutil.Process(kernel.km.provisioner.pid)
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    return process.memory_info().rss / 2**20


def pytest_terminal_summary(terminalreporter):
    """Print what each notebook took, and how much of the outputs was compared."""
    used = defaultdict(lambda: [0.0, 0.0])
    for reports in terminalreporter.stats.values():
        for report in reports:
            properties = dict(getattr(report, "user_properties", ()))
            if "megabytes" in properties:
                notebook = report.nodeid.split("::")[0]
                used[notebook][0] += report.duration
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
