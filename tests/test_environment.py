"""tools/environment.py: what it refuses, when it installs, and that it never does so twice."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import environment
from tools.environment import SetupError, fits, platform_refusal, version_refusal, what_is_due

SCRIPT = Path(environment.__file__)
THIS = ".".join(map(str, sys.version_info[:2]))


def is_one_sentence(text):
    """Return whether a message is one line and one sentence."""
    return text == text.strip() and text.endswith(".") and "\n" not in text and ". " not in text


@pytest.fixture
def checkout(tmp_path):
    """A checkout with a small lock, in a folder with a space in its name."""
    root = tmp_path / "my course"
    root.mkdir()
    (root / "requirements.txt").write_text("one==1.0 \\\n    --hash=sha256:00\ntwo==2.0\n")
    (root / "pyproject.toml").write_text("[project]\n")
    return root


class FakeInstaller:
    """Notes the commands; makes a .venv whose Python is the one that runs the tests."""

    def __init__(self, fails_at=None):
        self.commands, self.fails_at = [], fails_at

    def __call__(self, command):
        self.commands.append(command)
        if len(self.commands) == self.fails_at:
            raise SetupError("The installation stopped.")
        if "venv" in command:
            python = environment.python_in(Path(command[-1]))
            python.parent.mkdir()
            python.symlink_to(sys.executable)


def prepare(root, uv=None, fails_at=None):
    """Prepare a checkout with a fake installer; return what was done and the commands."""
    installer = FakeInstaller(fails_at)
    return environment.prepare(root, installer, uv), installer.commands


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 1), (3, 13, 9)])
def test_supported_versions_fit(version):
    assert fits(version)


@pytest.mark.parametrize(
    ("version", "word"), [((3, 10, 13), "old"), ((2, 7, 18), "old"), ((3, 14, 0), "new")]
)
def test_other_versions_are_named_in_one_sentence(version, word):
    assert not fits(version)
    message = version_refusal(version).replace("3.12.", "3.12") + "."
    assert f"Python {'.'.join(map(str, version))} is too {word}" in message
    assert all(needed in message for needed in ("3.11", "3.12", "3.13"))
    assert is_one_sentence(message)


@pytest.mark.parametrize(
    "supported",
    [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"), ("Windows", "AMD64")],
)
def test_supported_platforms_are_not_refused(supported):
    assert platform_refusal(*supported, bits=64) is None


@pytest.mark.parametrize(
    ("system", "machine", "bits", "named"),
    [
        ("Darwin", "x86_64", 64, "Intel macOS"),
        ("Linux", "i686", 32, "32-bit"),
        ("Windows", "ARM64", 64, "Windows on ARM64"),
        ("FreeBSD", "amd64", 64, "FreeBSD on amd64"),
    ],
)
def test_other_platforms_are_refused_in_one_sentence(system, machine, bits, named):
    message = platform_refusal(system, machine, bits)
    assert named in message
    assert is_one_sentence(message)


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_python_without_venv_names_the_package_to_install(checkout, monkeypatch, missing):
    find_spec = environment.importlib.util.find_spec
    monkeypatch.setattr(
        environment.importlib.util, "find_spec", lambda name: name != missing and find_spec(name)
    )
    with pytest.raises(SetupError, match="python3-venv") as refusal:
        prepare(checkout)
    assert is_one_sentence(str(refusal.value))
    assert prepare(checkout, uv="uv")[0] == "rebuild", "uv needs no venv"


def test_full_disk_is_refused_before_anything_is_installed(checkout, monkeypatch):
    usage = shutil.disk_usage(checkout)
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda _: usage._replace(free=10**9))
    with pytest.raises(SetupError, match="Only 1.0 GB are free") as refusal:
        prepare(checkout)
    assert "make room" in str(refusal.value)


def test_failing_installer_shows_its_last_lines_then_one_sentence(capsys):
    noise = "print(*range(100), sep='\\n'); raise SystemExit('ERROR: no such host')"
    with pytest.raises(SetupError, match="run the same command again") as refusal:
        environment.run_command([sys.executable, "-c", noise])
    said = capsys.readouterr().err.splitlines()
    assert "ERROR: no such host" in said
    assert len(said) == 10
    assert is_one_sentence(str(refusal.value))


def test_it_is_said_how_far_an_installer_is(capsys):
    pip = [f"Collecting package-{n}==1.0" for n in range(41)] + ["  Downloading a file"]
    pip += ["Installing collected packages: a, b", "Successfully installed a b"]
    uv = ["Resolved 160 packages in 2s", " Downloaded tensorflow", "Installed 160 packages"]
    noise = f"print(*{pip + uv!r}, sep='\\n')"
    environment.run_command([sys.executable, "-c", noise])
    assert capsys.readouterr().out.splitlines() == [
        "  20 packages are fetched",
        "  40 packages are fetched",
        "  all are fetched; unpacking them takes about a minute",
        "  Downloaded tensorflow",
    ]


def test_missing_program_is_one_sentence():
    with pytest.raises(SetupError, match="cannot be run") as refusal:
        environment.run_command(["no-such-program-anywhere"])
    assert is_one_sentence(str(refusal.value))


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (SetupError("This is why."), "This is why."),
        (PermissionError(13, "Permission denied", ".venv"), ".venv cannot be read or written"),
        (KeyboardInterrupt(), "run the same command again"),
    ],
)
def test_every_fault_ends_in_one_sentence_and_status_1(monkeypatch, capsys, fault, named):
    def fail(*_):
        raise fault

    monkeypatch.setattr(environment, "prepare", fail)
    assert environment.main() == 1
    said = capsys.readouterr()
    assert named in said.err
    assert is_one_sentence(said.err.rstrip("\n"))
    assert said.out == ""


def old_python():
    """Return a Python that is too old for the course, and runs; None if there is none."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    folders += Path.home().glob(".pyenv/versions/3.*/bin")
    for minor in (6, 7, 8, 9, 10):
        for folder in folders:
            python = folder / f"python3.{minor}"
            if python.exists() and environment.version_of(python) == f"3.{minor}":
                return python
    return None


OLD_PYTHON = old_python()


@pytest.mark.skipif(OLD_PYTHON is None, reason="this machine has no Python older than 3.11")
def test_a_real_old_python_says_one_sentence_and_no_traceback(tmp_path):
    empty_path = {**os.environ, "PATH": str(tmp_path)}
    result = subprocess.run(
        [OLD_PYTHON, SCRIPT], env=empty_path, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Python 3.")
    assert result.stderr.count("\n") == 1
    assert "is too old" in result.stderr


@pytest.mark.skipif(os.name == "nt", reason="python3.12 is a name that Windows does not use")
def test_a_fitting_python_on_the_path_is_found_and_a_broken_one_passed_over(tmp_path, monkeypatch):
    (tmp_path / "python3.13").write_text("#!/bin/sh\nexit 127\n")
    (tmp_path / "python3.13").chmod(0o755)
    (tmp_path / "python3.12").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment.find_python() == str(tmp_path / "python3.12")
    (tmp_path / "python3.12").unlink()
    assert environment.find_python() is None


def test_an_old_python_hands_over_to_a_fitting_one(monkeypatch):
    called = []
    monkeypatch.setattr(environment.sys, "version_info", (3, 8, 18))
    monkeypatch.setattr(environment, "find_python", lambda: "/usr/bin/python3.12")
    monkeypatch.setattr(
        environment.subprocess, "call", lambda command: called.append(command) or 0
    )
    assert environment.main(["book"]) == 0
    assert called == [["/usr/bin/python3.12", environment.__file__, "book"]]


def test_the_books_packages_are_added_once_and_again_when_a_lock_changes(checkout, capsys):
    (checkout / "book").mkdir()
    (checkout / environment.BOOK_LOCK).write_text("three==3.0 --hash=sha256:00\n")
    prepare(checkout)
    installer = FakeInstaller()
    assert environment.prepare_book(checkout, installer) == "install"
    assert installer.commands[0][-3:] == ["--require-hashes", "-r", "book/requirements.txt"]
    assert "Adding what builds and tests the book" in capsys.readouterr().out
    assert environment.prepare_book(checkout, installer) == "nothing"
    (checkout / "requirements.txt").write_text("one==1.1 --hash=sha256:00\n")
    prepare(checkout)
    assert environment.prepare_book(checkout, installer, uv="uv") == "install"
    assert installer.commands[1][:3] == ["uv", "pip", "install"]
    assert len(installer.commands) == 2


def test_an_interrupted_installation_of_the_books_packages_is_repeated(checkout):
    (checkout / "book").mkdir()
    (checkout / environment.BOOK_LOCK).write_text("three==3.0 --hash=sha256:00\n")
    prepare(checkout)
    with pytest.raises(SetupError):
        environment.prepare_book(checkout, FakeInstaller(fails_at=1))
    assert environment.prepare_book(checkout, FakeInstaller()) == "install"


# ---------------------------------------------------------------- the stamp


WANTED = {"python": "3.12", "place": "/course", "packages": "abc"}


@pytest.mark.parametrize(
    ("stamp", "version", "due"),
    [
        (WANTED, "3.12", "nothing"),
        ({**WANTED, "packages": "old"}, "3.12", "install"),
        ({"place": "/course"}, "3.12", "install"),  # an update that was cut off
        (None, "3.12", "install"),  # made by hand
        ({"place": "/course", "unfinished": True}, "3.12", "rebuild"),  # the first, cut off
        ({}, "3.12", "rebuild"),  # damaged
        ({**WANTED, "place": "/moved"}, "3.12", "rebuild"),
        (WANTED, "3.11", "rebuild"),
        (WANTED, None, "rebuild"),  # its Python does not run
        (None, None, "rebuild"),  # there is none
    ],
)
def test_what_is_due(stamp, version, due):
    assert what_is_due(WANTED, stamp, version) == due


@pytest.mark.parametrize("damaged", ["", "{", "[]", "null", "\x00"])
def test_a_damaged_stamp_counts_as_unfinished(tmp_path, damaged):
    (tmp_path / environment.STAMP).write_text(damaged)
    assert environment.read_stamp(tmp_path) == {}


def test_a_change_of_lock_or_project_or_place_changes_the_stamp(checkout):
    stamps = [environment.wanted_stamp(checkout, "3.12")]
    for name in ("requirements.txt", "pyproject.toml"):
        (checkout / name).write_text("changed\n")
        stamps.append(environment.wanted_stamp(checkout, "3.12"))
    moved = checkout.rename(checkout.with_name("moved"))
    stamps.append(environment.wanted_stamp(moved, "3.12"))
    assert len({json.dumps(stamp) for stamp in stamps}) == 4


# ---------------------------------------------------------------- installing


def test_nothing_is_installed_twice(checkout):
    assert prepare(checkout)[0] == "rebuild"
    assert prepare(checkout) == ("nothing", [])


def test_first_installation_takes_the_lock_with_hashes_then_the_package(checkout, capsys):
    _, (make, lock, package) = prepare(checkout)
    assert make[1:] == ["-m", "venv", str(checkout / ".venv")]
    python = str(environment.python_in(checkout / ".venv"))
    assert lock[:4] == package[:4] == [python, "-m", "pip", "install"]
    assert lock[-3:] == ["--require-hashes", "-r", "requirements.txt"]
    assert package[-4:] == ["--no-deps", "--no-build-isolation", "-e", "."]
    said = capsys.readouterr().out
    assert said.startswith("Installing 2 packages (about 2.8 GB)")
    assert said.count("\n") == 1


def test_uv_is_used_where_there_is_one(checkout):
    _, commands = prepare(checkout, uv="/bin/uv")
    assert [command[0] for command in commands] == ["/bin/uv"] * 3
    assert [command[1] for command in commands] == ["venv", "pip", "pip"]
    assert "--require-hashes" in commands[1]


def test_a_changed_lock_is_installed_into_the_same_environment(checkout):
    prepare(checkout)
    (checkout / ".venv" / "kept").touch()
    (checkout / "requirements.txt").write_text("one==1.1\n")
    due, commands = prepare(checkout)
    assert (due, len(commands)) == ("install", 2)
    assert (checkout / ".venv" / "kept").exists()
    assert prepare(checkout)[0] == "nothing"


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_an_interrupted_first_installation_is_begun_again(checkout, fails_at):
    with pytest.raises(SetupError):
        prepare(checkout, fails_at=fails_at)
    (checkout / ".venv" / "half").touch()
    due, commands = prepare(checkout)
    assert (due, len(commands)) == ("rebuild", 3)
    assert not (checkout / ".venv" / "half").exists()


def test_an_interrupted_removal_is_begun_again(checkout, monkeypatch):
    prepare(checkout)
    moved = checkout.rename(checkout.with_name("moved"))

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(environment.shutil, "rmtree", interrupt)
        prepare(moved)
    assert prepare(moved)[0] == "rebuild"


@pytest.mark.parametrize("fails_at", [1, 2])
def test_an_interrupted_update_is_repeated(checkout, fails_at):
    prepare(checkout)
    (checkout / "requirements.txt").write_text("one==1.1\n")
    with pytest.raises(SetupError):
        prepare(checkout, fails_at=fails_at)
    assert prepare(checkout)[0] == "install"


def test_a_broken_environment_is_made_anew(checkout):
    prepare(checkout)
    python = environment.python_in(checkout / ".venv")
    python.unlink()
    python.symlink_to(checkout / "gone")
    assert prepare(checkout)[0] == "rebuild"


def test_a_moved_checkout_gets_a_new_environment(checkout):
    prepare(checkout)
    moved = checkout.rename(checkout.with_name("moved"))
    assert prepare(moved)[0] == "rebuild"


def test_a_link_to_an_empty_folder_on_another_disk_works_and_stays(checkout, tmp_path):
    disk = tmp_path / "large disk"
    (disk / "lost+found").mkdir(parents=True)
    (checkout / ".venv").symlink_to(disk)
    _, (make, *_) = prepare(checkout)
    assert make[-1] == str(disk.resolve()), "Python's venv refuses a link"
    assert prepare(checkout) == ("nothing", [])
    environment.python_in(checkout / ".venv").unlink()  # broken: made anew on the same disk
    assert prepare(checkout)[0] == "rebuild"
    assert (checkout / ".venv").is_symlink() and (disk / "lost+found").exists()


def test_python_itself_makes_an_environment_behind_a_link(checkout, tmp_path):
    (tmp_path / "disk").mkdir()
    (checkout / ".venv").symlink_to(tmp_path / "disk")
    make = environment.commands(checkout / ".venv", "rebuild", uv=None)[0]
    subprocess.run([*make, "--without-pip"], check=True)
    assert environment.version_of(environment.python_in(checkout / ".venv")) == THIS


def contents(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def link_to_another_checkout(checkout, elsewhere):
    shutil.copytree(checkout, elsewhere)
    prepare(elsewhere)
    (checkout / ".venv").symlink_to(elsewhere / ".venv")


def link_to_some_folder(checkout, elsewhere):
    (elsewhere / "photos").mkdir(parents=True)
    (checkout / ".venv").symlink_to(elsewhere)


def link_to_another_projects_environment(checkout, elsewhere):
    python = environment.python_in(elsewhere)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (checkout / ".venv").symlink_to(elsewhere)


def link_to_a_disk_that_is_not_connected(checkout, elsewhere):
    (checkout / ".venv").symlink_to(elsewhere)


def folder_made_by_hand(checkout, elsewhere):
    (checkout / ".venv" / "bin").mkdir(parents=True)


@pytest.mark.parametrize("make", [
    link_to_another_checkout, link_to_some_folder, link_to_another_projects_environment,
    link_to_a_disk_that_is_not_connected, folder_made_by_hand,
])  # fmt: skip
def test_what_this_folder_did_not_make_is_never_deleted_nor_changed(checkout, tmp_path, make):
    make(checkout, tmp_path / "elsewhere")
    before = contents(tmp_path)
    installer = FakeInstaller()
    with pytest.raises(SetupError) as refusal:
        environment.prepare(checkout, installer)
    assert is_one_sentence(str(refusal.value)) and str(refusal.value).startswith(".venv ")
    assert contents(tmp_path) == before and installer.commands == []


def test_settings_that_contradict_the_lock_are_not_passed_on():
    mine = {
        "PIP_CONSTRAINT": "old.txt",
        "PYTHONPATH": "/x",
        "PIP_INDEX_URL": "mirror",
        "PIP_USER": "1",
    }
    passed = environment.installer_environment(mine)
    assert passed["PIP_CONSTRAINT"] == os.devnull
    assert passed["PIP_USER"] == "0"
    assert passed["PIP_INDEX_URL"] == "mirror"
    assert "PYTHONPATH" not in passed
