"""tools/lab.py: the learner's copies are never lost, and JupyterLab gets the right arguments."""

import asyncio
import datetime
import json
import os
import subprocess
import sys

import pytest

from tools import lab
from tools.course_files import CourseFiles
from tools.lab import LabError, copy_chapters, find_chapters, jupyter_arguments, last_used

TODAY = datetime.date(2026, 11, 23)


def write_chapter(path, fingerprint="first", source="x = 1"):
    """Write a small built notebook, with the line ends of another system."""
    course = {"lesson": f"lessons/{path.stem}.py", "fingerprint": fingerprint}
    result = {"output_type": "stream", "name": "stdout", "text": "the result"}
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [result]}
    cells = [{"cell_type": "markdown", "source": "größer"}, {**cell, "execution_count": 1}]
    notebook = {"cells": cells, "metadata": {"course": course}, "nbformat": 4}
    path.write_bytes(json.dumps(notebook, indent=1).replace("\n", "\r\n").encode())
    return path


@pytest.fixture
def root(tmp_path):
    """A checkout with two chapters, in a folder with a space in its name."""
    root = tmp_path / "my course"
    (root / "chapters").mkdir(parents=True)
    write_chapter(root / "chapters" / "00_start_here.ipynb")
    write_chapter(root / "chapters" / "04_convolution.ipynb")
    return root


def copy(root, fresh=()):
    """Copy the chapters into work/; return what the learner is told."""
    return copy_chapters(find_chapters(root / "chapters"), root / "work", fresh, TODAY)


def names(root):
    """Return what lies in work/."""
    return sorted(path.name for path in (root / "work").iterdir())


def test_missing_chapters_are_copied_without_what_they_found(root):
    assert copy(root) == []
    assert names(root) == ["00_start_here.ipynb", "04_convolution.ipynb"]
    for name in names(root):
        chapter = json.loads((root / "chapters" / name).read_text(encoding="utf-8"))
        chapter["cells"][1].update(outputs=[], execution_count=None)
        assert json.loads((root / "work" / name).read_text(encoding="utf-8")) == chapter


def test_only_numbered_notebooks_are_chapters(root):
    (root / "chapters" / "notes.ipynb").touch()
    (root / "chapters" / "04_convolution.unfinished").touch()
    assert list(find_chapters(root / "chapters")) == ["00", "04"]


def test_a_copy_with_answers_is_left_as_it_is(root):
    copy(root)
    mine = write_chapter(root / "work" / "04_convolution.ipynb", source="my answer")
    before = mine.read_bytes(), mine.stat().st_mtime_ns
    assert copy(root) == []
    assert (mine.read_bytes(), mine.stat().st_mtime_ns) == before


def test_a_copy_saved_by_jupyterlab_is_still_known_as_the_chapter(root):
    copy(root)
    mine = root / "work" / "04_convolution.ipynb"
    notebook = json.loads(mine.read_text())
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.12.1"}
    mine.write_text(json.dumps(notebook))
    assert copy(root) == []


def test_a_changed_chapter_is_reported_and_the_copy_untouched(root):
    copy(root)
    mine = root / "work" / "04_convolution.ipynb"
    before = mine.read_bytes()
    write_chapter(root / "chapters" / "04_convolution.ipynb", fingerprint="second")
    [line] = copy(root)
    assert line.startswith("04_convolution.ipynb was copied from an earlier version")
    assert line.endswith(("make lab FRESH=04", "python tools/lab.py --fresh 04"))
    assert mine.read_bytes() == before


def test_fresh_keeps_the_old_copy_under_a_dated_name(root):
    copy(root)
    mine = write_chapter(root / "work" / "04_convolution.ipynb", source="my answer")
    answer = mine.read_bytes()
    chapter = write_chapter(root / "chapters" / "04_convolution.ipynb", fingerprint="second")
    [line] = copy(root, fresh=["04"])
    assert "2026-11-23_04_convolution.ipynb" in line
    assert (root / "work" / "2026-11-23_04_convolution.ipynb").read_bytes() == answer
    assert lab.fingerprint(mine) == lab.fingerprint(chapter) == "second"
    assert copy(root) == []


def test_fresh_three_times_a_day_keeps_three_copies(root):
    for answer in ("first", "second", "third"):
        copy(root)
        write_chapter(root / "work" / "04_convolution.ipynb", source=answer)
        copy(root, fresh=["04"])
    kept = [
        "2026-11-23_04_convolution.ipynb",
        "2026-11-23-2_04_convolution.ipynb",
        "2026-11-23-3_04_convolution.ipynb",
    ]
    for name, answer in zip(kept, ("first", "second", "third"), strict=True):
        assert answer in (root / "work" / name).read_text()


def test_several_chapters_can_be_taken_anew(root):
    copy(root)
    assert len(copy(root, fresh=["00", "04"])) == 2
    assert len(names(root)) == 4


def test_fresh_without_a_copy_just_copies(root):
    assert copy(root, fresh=["04"]) == []
    assert names(root) == ["00_start_here.ipynb", "04_convolution.ipynb"]


@pytest.mark.parametrize(
    "content",
    [b"", b'{"cells": [', b"\xff\xfe", b"[]", b'"text"', b'{"metadata": {}}', b'{"metadata": 1}'],
)
def test_a_damaged_copy_is_named_and_left_and_the_others_are_copied(root, content):
    (root / "work").mkdir()
    mine = root / "work" / "00_start_here.ipynb"
    mine.write_bytes(content)
    [line] = copy(root)
    assert line.startswith("00_start_here.ipynb cannot be read as a copy of a chapter")
    assert mine.read_bytes() == content
    assert "04_convolution.ipynb" in names(root)


def test_an_interrupted_copy_leaves_no_half_notebook(root, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lab.os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        copy(root)
    assert names(root) == []
    monkeypatch.undo()
    assert copy(root) == []


def test_a_link_to_a_stick_that_is_not_plugged_in_stays_a_link(root, tmp_path):
    (root / "work").mkdir()
    mine = root / "work" / "04_convolution.ipynb"
    mine.symlink_to(tmp_path / "stick" / "04_convolution.ipynb")
    [line] = copy(root)
    assert line.startswith("04_convolution.ipynb cannot be read")
    assert mine.is_symlink()


def test_a_folder_with_a_chapter_s_name_is_named_and_left(root):
    (root / "work" / "04_convolution.ipynb").mkdir(parents=True)
    [line] = copy(root)
    assert line.startswith("04_convolution.ipynb cannot be read")


def test_an_unknown_number_changes_nothing(root):
    copy(root)
    before = names(root)
    with pytest.raises(LabError, match="no chapter 05: the chapters are 00, 04"):
        copy(root, fresh=["04", "05"])
    assert names(root) == before


# ---------------------------------------------------------------- which notebook is in front


def run_notebook(path, seconds):
    """Leave a copy as JupyterLab leaves it after a cell was run, at a time."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][1]["execution_count"] = 3
    path.write_text(json.dumps(notebook), encoding="utf-8")
    os.utime(path, (seconds, seconds))


def test_at_first_the_first_chapter_is_in_front_then_the_one_that_was_used_last(root):
    copy(root)
    first, second = copies = [root / "work" / name for name in names(root)]
    os.utime(second)  # newer, but nobody ran it
    assert last_used(copies) == first
    run_notebook(second, seconds=2_000_000_000)
    run_notebook(first, seconds=1_000_000_000)
    assert last_used(copies) == second
    second.write_text("{")
    assert last_used(copies) == first


# ---------------------------------------------------------------- what git tracks is not saved


def writable(root, path):
    files = CourseFiles(root_dir=str(root))
    return asyncio.run(files.get(path, content=False))["writable"]


def test_lab_opens_the_built_notebooks_as_read_only(root):
    copy(root)
    assert not writable(root, "chapters/04_convolution.ipynb")
    assert not writable(root, "/chapters/04_convolution.ipynb")
    assert writable(root, "work/04_convolution.ipynb")


# ---------------------------------------------------------------- the command line


def test_jupyterlab_gets_the_course_as_root_and_the_first_notebook_in_front(root):
    first = root / "work" / "00_start_here.ipynb"
    arguments = jupyter_arguments(root, first, ["--no-browser", "--port=8899"], as_root=False)
    assert f"--ServerApp.root_dir={root}" in arguments
    assert "--LabApp.default_url=/lab/tree/work/00_start_here.ipynb" in arguments
    assert arguments[-2:] == ["--no-browser", "--port=8899"]
    assert "--allow-root" not in arguments


def test_the_superuser_may_start_it(root):
    first = root / "work" / "00_start_here.ipynb"
    assert "--allow-root" in jupyter_arguments(root, first, [], as_root=True)


def run(root, *arguments):
    """Run the command line without JupyterLab; return the status and JupyterLab's arguments."""
    started = []
    status = lab.main(arguments, root=root, start=started.append)
    return status, started


def test_unknown_options_go_to_jupyterlab(root):
    status, [arguments] = run(root, "--fresh", "", "--no-browser", "--port", "8899")
    assert status == 0
    assert arguments[-3:] == ["--no-browser", "--port", "8899"]


@pytest.mark.parametrize("fresh", ["00 04", "0,4", "4 00"])
def test_fresh_takes_several_numbers(root, fresh, capsys):
    run(root)
    run(root, "--fresh", fresh)
    assert capsys.readouterr().out.count("your copy is kept as") == 2


def test_fresh_with_an_unknown_number_is_one_sentence_and_starts_nothing(root, capsys):
    assert run(root, "--fresh", "99") == (1, [])
    assert capsys.readouterr().err == "There is no chapter 99: the chapters are 00, 04.\n"


def test_a_checkout_without_chapters_is_one_sentence(tmp_path, capsys):
    assert run(tmp_path) == (1, [])
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("spoil", ["work is a file", "work is a dangling link"])
def test_a_folder_that_cannot_be_used_is_one_sentence_and_starts_nothing(root, spoil, capsys):
    if spoil == "work is a file":
        (root / "work").touch()
    else:
        (root / "work").symlink_to(root / "gone")
    assert run(root) == (1, [])
    said = capsys.readouterr().err
    assert said.startswith(f"{root / 'work'} cannot be read or written") and said.count("\n") == 1


@pytest.mark.parametrize("reason", [(28, "No space left on device"), (13, "Permission denied")])
def test_a_full_disk_or_a_read_only_checkout_is_one_sentence(root, monkeypatch, capsys, reason):
    def fail(path, *_, **__):
        raise OSError(*reason, str(path))

    monkeypatch.setattr(lab.Path, "write_text", fail)
    assert run(root) == (1, [])
    said = capsys.readouterr().err
    assert reason[1] in said and "a folder of your own" in said and said.count("\n") == 1
    assert names(root) == []


def test_several_starts_at_once_all_succeed(root):
    """Six processes copy into one empty folder, again and again."""
    program = (
        "import sys, pathlib; from tools import lab;"
        "root = pathlib.Path(sys.argv[1]);"
        "[(lab.main([], root=root, start=lambda _: None),"
        " [path.unlink(missing_ok=True) for path in (root / 'work').glob('*.ipynb')])"
        " for _ in range(20)]"
    )
    command = [sys.executable, "-c", program, str(root)]
    starts = [subprocess.Popen(command, cwd=lab.ROOT, stderr=subprocess.PIPE) for _ in range(6)]
    assert [start.communicate()[1] for start in starts] == [b""] * 6
    copy(root)
    assert names(root) == ["00_start_here.ipynb", "04_convolution.ipynb", "photos"]


def test_jupyterlab_asks_no_question_about_news(monkeypatch):
    from jupyterlab.commands import get_static_page_config

    asked = []
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "elsewhere")
    monkeypatch.setattr(
        "jupyterlab.labapp.main", lambda _: asked.append(get_static_page_config(level="all"))
    )
    lab.start_jupyter([])
    assert asked[0]["disabledExtensions"]["@jupyterlab/apputils-extension:announcements"] is True
    assert lab.os.environ["JUPYTER_CONFIG_PATH"].endswith("elsewhere")


# ---------------------------------------------------------------- the learner's photos


def test_a_folder_for_photos_says_what_it_is_for(root):
    run(root)
    assert [path.name for path in (root / "work" / "photos").iterdir()] == ["README.txt"]
    text = (root / "work" / "photos" / "README.txt").read_text(encoding="utf-8")
    assert "HEIC" in text and "Chapter 01" in text


def test_the_learner_s_photos_are_never_touched(root):
    photos = root / "work" / "photos"
    photos.mkdir(parents=True)
    (photos / "cat.jpg").write_bytes(b"mine")
    run(root)
    run(root, "--fresh", "00")
    assert [path.name for path in photos.iterdir()] == ["cat.jpg"]  # not even a note is added
    assert (photos / "cat.jpg").read_bytes() == b"mine"
