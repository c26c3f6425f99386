"""A notebook that goes beyond a budget fails, and the run says what each notebook took."""

import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools.build_notebooks import ROOT

RUN = """
import sys
import pytest
from tests import contract

for budget in sys.argv[2:]:
    setattr(contract, budget, 0)
options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=--nbval", "-p", "conftest"]
options += ["--nbval-sanitize-with=tests/nbval_sanitize.cfg"]
sys.exit(pytest.main([*options, sys.argv[1]]))
"""


@pytest.fixture
def notebook(tmp_path):
    cells = [new_code_cell("2 + 2", execution_count=1), new_code_cell("pass", execution_count=2)]
    cells[0].outputs = [
        nbformat.v4.new_output("execute_result", {"text/plain": "4"}, execution_count=1)
    ]
    path = tmp_path / "tiny.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def run(notebook, *budgets_of_nothing):
    command = [sys.executable, "-c", RUN, str(notebook), *budgets_of_nothing]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_a_notebook_within_its_budgets_passes_and_is_reported(notebook):
    result = run(notebook)
    assert result.returncode == 0, result.stdout
    assert "2 passed" in result.stdout and "tiny.ipynb" in result.stdout.split("compared")[1]


def test_beyond_a_budget_the_cell_fails(notebook):
    result = run(notebook, "CELL_SECONDS", "NOTEBOOK_SECONDS", "KERNEL_MEGABYTES")
    assert result.returncode == 1 and "1 failed, 1 passed" in result.stdout  # it is said once
    for what in ("cell", "notebook", "kernel"):
        assert f"the {what} takes" in result.stdout
