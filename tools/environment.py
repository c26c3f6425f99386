"""Make .venv ready: Python, the packages of requirements.txt, and the course's own package.

    python3 tools/environment.py
    python3 tools/environment.py book       add what builds the book, book/requirements.txt

Uses uv where it is installed, pip otherwise. When .venv is already what requirements.txt asks
for, nothing is installed. Only the standard library is needed. A Python that is too old for the
course must still be able to read this file, so that it can say so: no syntax newer than 3.6.
"""

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)  # as in pyproject.toml: TensorFlow has packages for these
PLATFORMS = [
    ("Linux", "x86_64"),
    ("Linux", "aarch64"),
    ("Darwin", "arm64"),
    ("Windows", "AMD64"),
]
SIZE, NEEDED_GB = "about 2.8 GB", 3.5
STAMP = "course-stamp.json"  # in .venv: whose it is and what was installed there
BOOK_LOCK, BOOK_STAMP = "book/requirements.txt", "book-stamp.txt"
UNFINISHED = "unfinished"  # in the stamp while .venv is filled for the first time
EVERY = 20  # packages from one line about them to the next
AGAIN = "run the same command again, what was downloaded is kept"


class SetupError(Exception):
    """The environment cannot be made; one sentence says why and what to do."""


# ---------------------------------------------------------------- which Python


def fits(version):
    """Return whether the course runs on this version of Python, such as (3, 12, 1)."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def version_refusal(version):
    """Return what to say about a version of Python that does not fit."""
    found = ".".join(map(str, version[:3]))
    word = "old" if tuple(version[:2]) < OLDEST else "new"
    return (
        f"Python {found} is too {word}, the course needs Python 3.11, 3.12 or 3.13: install one "
        "of them and name it, for example with make lab PYTHON=python3.12."
    )


def platform_refusal(system, machine, bits):
    """Return why TensorFlow cannot be installed on a platform, or None if it can.

    Args:
        system: as platform.system() says, such as "Linux".
        machine: as platform.machine() says, such as "x86_64".
        bits: 32 or 64, of Python itself.
    """
    if bits != 64:
        return "This is a 32-bit Python and TensorFlow needs a 64-bit one: install that."
    if (system, machine) == ("Darwin", "x86_64"):
        return (
            "TensorFlow has no packages for Intel macOS: use a Mac with Apple silicon (and a "
            "Python made for it), or a computer with Linux or Windows."
        )
    if (system, machine) not in PLATFORMS:
        return (
            f"TensorFlow has no packages for {system} on {machine}: use Linux (x86-64 or arm64), "
            "a Mac with Apple silicon, or Windows (x86-64)."
        )
    return None


def find_python():
    """Return a Python on PATH that fits and runs, or None."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        path = shutil.which(f"python3.{minor}")
        if path and version_of(path):
            return path
    return None


def version_of(python):
    """Return an interpreter's version, such as "3.12", or None if it does not run."""
    question = "import sys; sys.stdout.write('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.check_output([str(python), "-c", question], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.decode()


# ---------------------------------------------------------------- what has to be done


def wanted_stamp(root, version):
    """Return what describes a finished environment: change any of it and work is due."""
    files = [(root / name).read_bytes() for name in ("requirements.txt", "pyproject.toml")]
    return {
        "python": version,
        "place": str(root),
        "packages": hashlib.sha256(b"\0".join(files)).hexdigest(),
    }


def read_stamp(venv):
    """Return what .venv's stamp says, {} if it is unfinished or damaged, None if there is none."""
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(venv, stamp):
    """Write the stamp."""
    (venv / STAMP).write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")


def what_is_due(wanted, stamp, version):
    """Return "nothing", "install" (into the .venv that is there) or "rebuild".

    Args:
        wanted: the stamp of the environment that is asked for.
        stamp: the stamp that is there; None if there is none, {} if it is damaged.
        version: what .venv's Python answers; None if it does not run or there is none.
    """
    if version != wanted["python"]:
        return "rebuild"
    if stamp is None:  # made by hand: it is not ours to delete
        return "install"
    if stamp == wanted:
        return "nothing"
    whole = stamp.get("place") == wanted["place"] and UNFINISHED not in stamp
    return "install" if whole else "rebuild"


def owner_refusal(venv, stamp, due):
    """Return why .venv must not be touched, or None: what this folder did not make is kept.

    Args:
        venv: the path of .venv.
        stamp: its stamp, as read_stamp gives it.
        due: what is to be done, as what_is_due says it.
    """
    if venv.is_symlink() and not venv.exists():
        return (
            f".venv is a link to {os.readlink(str(venv))}, which is not there: connect its disk, "
            "or remove the link."
        )
    if not venv.is_dir() or not any(child.name != "lost+found" for child in venv.iterdir()):
        return None
    if venv.is_symlink() and (stamp or {}).get("place") != str(venv.parent):
        return (
            f".venv is a link to {venv.resolve()}, which this folder did not make: remove the "
            "link, or let it point to an empty folder."
        )
    if stamp is None and due == "rebuild":
        return (
            ".venv was not made by the course and has no Python that fits: rename or remove it "
            "and run the same command again."
        )
    return None


# ---------------------------------------------------------------- doing it


def python_in(venv):
    """Return the path of an environment's Python."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def prepare(root, run, uv=None):
    """Make root/.venv what requirements.txt asks for, if it is not yet.

    Args:
        root: the checkout's folder.
        run: run(command) runs an external program in root; it raises SetupError if that fails.
        uv: the path of uv, or None to use venv and pip.

    Returns:
        what was done, as what_is_due says it.
    """
    venv = root / ".venv"
    version = ".".join(map(str, sys.version_info[:2]))
    wanted = wanted_stamp(root, version)
    stamp = read_stamp(venv)
    due = what_is_due(wanted, stamp, version_of(python_in(venv)))
    if due == "nothing":
        return due
    refusal = owner_refusal(venv, stamp, due)
    if refusal:
        raise SetupError(refusal)
    lock = (root / "requirements.txt").read_text(encoding="utf-8")
    say(announcement(due, lock, version))
    if due == "rebuild":
        check_venv(uv)
        venv.mkdir(exist_ok=True)
        write_stamp(venv, {"place": wanted["place"], UNFINISHED: True})
        empty(venv)
        check_space(venv)
    else:
        write_stamp(venv, {"place": wanted["place"]})
    for command in commands(venv, due, uv):
        run(command)
    write_stamp(venv, wanted)
    return due


def prepare_book(root, run, uv=None):
    """Add to root/.venv what book/requirements.txt asks for, if it is not yet there.

    That lock is made to fit requirements.txt: nothing that is installed changes its version.

    Args:
        root: the checkout's folder; its .venv is ready.
        run: as for prepare.
        uv: as for prepare.

    Returns:
        what was done: "nothing" or "install".
    """
    locks = [(root / name).read_bytes() for name in ("requirements.txt", BOOK_LOCK)]
    wanted = hashlib.sha256(b"\0".join(locks)).hexdigest()
    stamp = root / ".venv" / BOOK_STAMP
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return "nothing"
    say("Adding what builds and tests the book (about 70 MB to fetch) to .venv, once.")
    run(installer(root / ".venv", uv) + ["--require-hashes", "-r", BOOK_LOCK])
    stamp.write_text(wanted, encoding="utf-8")
    return "install"


def announcement(due, lock, version):
    """Return the line that says what will happen and how long it takes."""
    if due == "install":
        return "Bringing .venv up to date with requirements.txt: up to a few minutes."
    number = sum("==" in line for line in lock.splitlines() if line[:1].isalnum())
    return (
        f"Installing {number} packages ({SIZE}) into .venv for Python {version}, once: "
        "a few minutes, depending on the connection."
    )


def check_venv(uv):
    """Raise SetupError if neither uv nor this Python can make an environment."""
    if not uv and not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise SetupError(
            "This Python cannot make environments, its module venv is missing or incomplete: "
            "install it (on Debian and Ubuntu: sudo apt install python3-venv) and run the same "
            "command again."
        )


def check_space(folder):
    """Raise SetupError if the disk of a folder is too full for the packages."""
    free = shutil.disk_usage(str(folder)).free / 1e9
    if free < NEEDED_GB:
        raise SetupError(
            f"Only {free:.1f} GB are free on this disk and the packages need {NEEDED_GB} GB: "
            "make room and run the same command again."
        )


def empty(venv):
    """Remove all but the stamp; a .venv that is a link to another disk stays one."""
    for child in venv.iterdir():
        if child.name == "lost+found":  # belongs to the disk
            continue
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(str(child))
        elif child.name != STAMP:
            child.unlink()


def commands(venv, due, uv):
    """Return the commands that fill an environment, in order."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    lock = ["--require-hashes", "-r", "requirements.txt"]
    package = ["--no-deps", "--no-build-isolation", "-e", "."]
    target = str(venv.resolve())  # Python's venv refuses a link
    if uv:  # --seed adds pip, so that `%pip install` works in a notebook
        make = [uv, "venv", "--quiet", "--seed", "--allow-existing", "--python", base, target]
    else:
        make = [base, "-m", "venv", target]
    install = installer(venv, uv)
    return [make] * (due == "rebuild") + [install + lock, install + package]


def installer(venv, uv):
    """Return the beginning of a command that installs into an environment."""
    python = str(python_in(venv))
    if uv:
        return [uv, "pip", "install", "--python", python]
    return [python, "-m", "pip", "install", "--no-input", "--progress-bar=off"]


def run_command(command):
    """Run an external program in the checkout; if it fails, show the last lines that it wrote."""
    try:
        program = subprocess.Popen(
            command,
            cwd=str(ROOT),
            env=installer_environment(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError as error:
        raise SetupError(f"{command[0]} cannot be run: {error.strerror}.") from None
    with program:
        said = follow(line.decode(errors="replace").rstrip() for line in program.stdout)
    if program.returncode:
        print("\n".join(said[-10:]), file=sys.stderr)
        raise SetupError(
            "The installation stopped for the reason in the lines above (often the connection or "
            f"a full disk): {AGAIN}."
        )


def follow(lines):
    """Say how far an installer is, from the lines that it writes; return the lines.

    pip writes a line for each package that it fetches and one before it unpacks them; uv a line
    for each large package.
    """
    said, fetched = [], 0
    for line in filter(None, lines):
        said.append(line)
        if line.startswith(("Collecting ", "Processing ")):
            fetched += 1
            if fetched % EVERY == 0:
                say(f"  {fetched} packages are fetched")
        elif line.startswith("Installing collected packages"):
            say("  all are fetched; unpacking them takes about a minute")
        elif line.lstrip().startswith("Downloaded "):
            say(f"  {line.strip()}")
    return said


def installer_environment(environment):
    """Return the environment for pip and uv, without settings that contradict the lock.

    A mirror, a proxy or a certificate that the user has set stays; constraints, which would ask
    for other versions than the lock's, and an installation outside .venv do not.
    """
    dropped = ("UV_CONSTRAINT", "PIP_TARGET", "PIP_PREFIX", "PYTHONHOME", "PYTHONPATH")
    kept = {name: value for name, value in environment.items() if name not in dropped}
    return {
        **kept,
        "PYTHONUNBUFFERED": "1",  # so that what pip says last is what it says about the fault
        "PIP_CONSTRAINT": os.devnull,
        "PIP_USER": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def say(line):
    """Print a line at once."""
    print(line, flush=True)


def main(arguments=()):
    """Choose the Python and make the environment; return the exit status."""
    try:
        if not fits(sys.version_info):
            python = find_python()
            if python is None:
                raise SetupError(version_refusal(sys.version_info))
            return subprocess.call([python, __file__] + list(arguments))
        refusal = platform_refusal(
            platform.system(), platform.machine(), 64 if sys.maxsize > 2**32 else 32
        )
        if refusal:
            raise SetupError(refusal)
        prepare(ROOT, run_command, shutil.which("uv"))
        if list(arguments) == ["book"]:
            prepare_book(ROOT, run_command, shutil.which("uv"))
    except SetupError as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename} cannot be read or written: {error.strerror}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Interrupted: {AGAIN}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
