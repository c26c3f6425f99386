"""How nbgrader grades lessons of this course; `make assignment` puts this file beside them.

Learners copy and delete cells. nbgrader's own way with copies ends in no points at all, and a
check that was deleted waits for a teacher; here the last of several copies counts, and a deleted
check comes back behind its answer. A cell may run longer than nbgrader's usual 30 seconds.
"""

from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
)

CELL_SECONDS = 180  # three times what the course allows a cell on an idle machine


class MendCells(NbGraderPreprocessor):
    """Make a submission hold each answer and each check of the assignment once at most."""

    def preprocess(self, nb, resources):
        """Return the submission without marks on copies and with every check, and resources."""
        self._drop_marks_of_copies(nb.cells)
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            checks = gradebook.find_notebook(about["notebook"], about["assignment"]).grade_cells
            for name, points in sorted((check.name, check.max_score) for check in checks):
                self._add_if_missing(nb.cells, name, points)
        return nb, resources

    def _drop_marks_of_copies(self, cells):
        seen = set()
        for cell in reversed(cells):
            name = grade_id(cell)
            if name in seen:
                self.log.warning("Cell %s is there more than once: the last one counts", name)
                del cell.metadata["nbgrader"]
            elif name:
                seen.add(name)

    def _add_if_missing(self, cells, name, points):
        names = [grade_id(cell) for cell in cells]
        if name in names:
            return
        self.log.warning("Cell %s was deleted: it comes back", name)
        answer = name.replace("-check", "-answer")
        place = names.index(answer) + 1 if answer in names else len(cells)
        cells.insert(place, new_code_cell(metadata={"nbgrader": check_mark(name, points)}))


def grade_id(cell):
    """Return the name under which nbgrader knows a cell, None for any other cell."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def check_mark(name, points):
    """Return the metadata of a check cell; OverwriteCells then fetches its source."""
    return {
        "cell_type": "code",
        "grade": True,
        "grade_id": name,
        "locked": True,
        "points": points,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }


c = get_config()  # noqa: F821 (nbgrader defines it)
c.Execute.timeout = CELL_SECONDS
c.Autograde.sanitize_preprocessors = [
    ClearOutput,
    MendCells,
    OverwriteKernelspec,
    OverwriteCells,
    CheckCellMetadata,
]
