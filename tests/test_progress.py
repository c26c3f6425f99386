"""How far a learner is, read from saved notebooks that may be anything."""

import json

import pytest

from tools.progress import main
from utils import progress
from utils.progress import Progress, read_progress


def notebook(*said, number=4, title="Compute a convolution", course=True):
    """Return a saved notebook, as text, whose checks say this; None: a check that never ran."""
    cells = [{"cell_type": "markdown", "source": [f"# 0{number} · {title}\n", "\n", "Why."]}]
    for n, words in enumerate(said, start=1):
        outputs = [{"output_type": "stream", "text": [f"Exercise {number}.{n}: {words}\n"]}]
        source = [f'with check("Exercise {number}.{n}"):\n', "    assert True"]
        cell = {"cell_type": "code", "source": source, "outputs": outputs if words else []}
        cells.append(cell)
    metadata = {"course": {"lesson": "lessons/x.py"}} if course else {}
    return json.dumps({"cells": cells, "metadata": metadata})


def test_each_exercise_is_read_from_what_its_check_said_last(tmp_path):
    said = ("correct", "not yet – add, do not take away", "not attempted yet", None)
    (tmp_path / "04_convolution.ipynb").write_text(notebook(*said), encoding="utf-8")
    chapters, strange = read_progress(tmp_path)
    verdicts = ["correct", "not yet", "not attempted yet", "not attempted yet"]
    numbers = [f"4.{n}" for n in range(1, 5)]
    assert chapters == [
        Progress(
            "04_convolution.ipynb", "04 · Compute a convolution", dict(zip(numbers, verdicts))
        )
    ]
    assert chapters[0].done == 1 and strange == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"cells": []}', notebook("correct", course=False), "\udcff"]
)
def test_a_damaged_or_foreign_notebook_is_named_and_left_alone(tmp_path, text):
    strange = tmp_path / "05_backpropagation.ipynb"
    strange.write_bytes(text.encode("utf-8", "surrogateescape"))
    (tmp_path / "04_convolution.ipynb").write_text(notebook("correct"), encoding="utf-8")
    before = strange.read_bytes()
    chapters, sentences = read_progress(tmp_path)
    assert [chapter.file for chapter in chapters] == ["04_convolution.ipynb"]
    assert sentences == [
        "05_backpropagation.ipynb cannot be read as a copy of a chapter and is left alone."
    ]
    assert strange.read_bytes() == before


def test_other_files_do_not_count(tmp_path):
    for name in ("notes.ipynb", "2026-11-23_04_convolution.ipynb", "04_convolution.txt"):
        (tmp_path / name).write_text("anything", encoding="utf-8")
    assert read_progress(tmp_path) == ([], [])


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder .*nowhere"):
        read_progress(tmp_path / "nowhere")


def test_the_table_shows_each_exercise_and_the_sum(tmp_path, monkeypatch):
    (tmp_path / "04_a.ipynb").write_text(notebook("correct", "not yet – no"), encoding="utf-8")
    (tmp_path / "05_b.ipynb").write_text(
        notebook("correct", None, number=5, title="Derive"), encoding="utf-8"
    )
    (tmp_path / "06_c.ipynb").write_text("broken", encoding="utf-8")
    shown = []
    monkeypatch.setattr(progress, "display", lambda markdown: shown.append(markdown.data))
    progress.show_progress(tmp_path, {"afternoon": ("05",), "week": ("04", "05")})
    (text,) = shown
    assert "| [04 · Compute a convolution](04_a.ipynb) | ✓ ✗ | 1 of 2 | week |" in text
    assert "| [05 · Derive](05_b.ipynb) | ✓ · | 1 of 2 | afternoon, week |" in text
    assert "| afternoon | | **1 of 2** | |" in text and "| week | | **2 of 4** | |" in text
    assert "| all | | **2 of 4** | |" in text and text.endswith("is left alone.")


def test_the_command_prints_a_line_for_each_chapter(tmp_path, capsys):
    (tmp_path / "04_a.ipynb").write_text(notebook("correct", "not yet – no"), encoding="utf-8")
    (tmp_path / "06_c.ipynb").write_text("broken", encoding="utf-8")
    assert main(tmp_path) == 0
    first, legend, strange = capsys.readouterr().out.splitlines()
    assert first == "✓ ✗  1 of 2  04 · Compute a convolution"
    assert "✓ correct, ✗ not yet, · not attempted yet" in legend and "06_c.ipynb" in strange


def test_the_command_says_what_to_do_when_there_is_nothing_yet(tmp_path, capsys):
    assert main(tmp_path / "work") == 1
    assert "make lab makes it" in capsys.readouterr().err
