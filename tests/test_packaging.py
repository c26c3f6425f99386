"""pyproject.toml, the lock, environment.yml, the Makefile, the workflow and the README agree."""

import ast
import functools
import importlib.metadata
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
import zipfile

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tools import environment

ROOT = environment.ROOT
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]
BOOK = tomllib.loads(PYPROJECT)["dependency-groups"]["book"]
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
BOOK_LOCK = (ROOT / environment.BOOK_LOCK).read_text(encoding="utf-8")
SUPPORTED = SpecifierSet(PROJECT["requires-python"])
PYTHONS = ["3.11", "3.12", "3.13"]
PLATFORMS = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64")]


def by_name(requirements):
    """Return {name: requirement} of a list in pyproject.toml."""
    parsed = map(Requirement, requirements)
    return {canonicalize_name(requirement.name): requirement for requirement in parsed}


def direct_dependencies():
    """Return {name: requirement} of what the course needs."""
    return by_name(PROJECT["dependencies"])


@functools.cache
def locked(lock=LOCK):
    """Return [(requirement, hashes, who asks for it)] of a lock."""
    packages = []
    for line in lock.splitlines():
        text = line.strip(" \\")
        if line[:1].isalnum():
            packages.append((Requirement(text), [], []))
        elif text.startswith("--hash="):
            packages[-1][1].append(text.removeprefix("--hash="))
        elif text.startswith("#"):
            packages[-1][2].append(text.removeprefix("#").removeprefix(" via").strip())
    return packages


def locked_versions(name):
    """Return [(version, marker or None)] of a package in the lock."""
    return [
        (str(requirement.specifier).removeprefix("=="), requirement.marker)
        for requirement, _, _ in locked()
        if canonicalize_name(requirement.name) == name
    ]


# ---------------------------------------------------------------- the lock


def test_every_direct_dependency_is_locked_within_its_range():
    faults = [
        f"{name}: {locked_versions(name) or 'not in the lock'}"
        for name, requirement in direct_dependencies().items()
        if not locked_versions(name)
        or not all(v in requirement.specifier for v, _ in locked_versions(name))
    ]
    assert faults == [], "make lock writes requirements.txt anew"


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("system", "machine"), PLATFORMS)
def test_every_direct_dependency_is_locked_for_every_platform(python, system, machine):
    place = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": system,
        "platform_machine": machine,
    }
    faults = [
        name
        for name in direct_dependencies()
        if not any(m is None or m.evaluate(place) for _, m in locked_versions(name))
    ]
    assert faults == []


def test_the_lock_was_made_from_these_dependencies():
    asked_for = {
        canonicalize_name(requirement.name)
        for requirement, _, askers in locked()
        if any(asker.startswith(PROJECT["name"]) for asker in askers)
    }
    assert asked_for == set(direct_dependencies()), "make lock writes requirements.txt anew"


@pytest.mark.parametrize("lock", [LOCK, BOOK_LOCK], ids=["course", "book"])
def test_every_locked_package_has_one_version_and_a_hash(lock):
    faults = [
        str(requirement)
        for requirement, hashes, _ in locked(lock)
        if not re.fullmatch(r"==[\w.+!]+", str(requirement.specifier))
        or not hashes
        or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes)
    ]
    assert len(locked(lock)) > (100 if lock is LOCK else 20)
    assert faults == []


@pytest.mark.parametrize("lock", [LOCK, BOOK_LOCK], ids=["course", "book"])
def test_a_lock_names_no_index_and_no_address(lock):
    assert re.findall(r"\w+://|--[\w-]*(?:index|find-links|host)[\w-]*| @ ", lock) == []


def test_the_books_lock_was_made_from_its_group_within_its_ranges():
    asked_for = {
        canonicalize_name(requirement.name): requirement.specifier
        for requirement, _, askers in locked(BOOK_LOCK)
        if any(asker.startswith(PROJECT["name"]) for asker in askers)
    }
    assert set(asked_for) == set(by_name(BOOK)), "make lock writes book/requirements.txt anew"
    for name, requirement in by_name(BOOK).items():
        assert str(asked_for[name]).removeprefix("==") in requirement.specifier


def test_the_book_changes_no_version_of_the_course():
    course = {str(requirement) for requirement, _, _ in locked()}
    names = {requirement.name for requirement, _, _ in locked()}
    shared = [str(r) for r, _, _ in locked(BOOK_LOCK) if r.name in names]
    assert len(shared) > 5
    assert [requirement for requirement in shared if requirement not in course] == []


def test_a_learner_installs_nothing_of_the_book():
    assert not set(by_name(BOOK)) & {canonicalize_name(r.name) for r, _, _ in locked()}


@pytest.mark.parametrize(
    ("group", "listed"), [("dependencies", PROJECT["dependencies"]), ("book", BOOK)]
)
def test_every_dependency_has_its_reason_beside_it(group, listed):
    block = re.search(rf"^{group} = \[\n(.*?)^\]", PYPROJECT, re.DOTALL | re.MULTILINE)[1]
    lines = [line.strip() for line in block.splitlines() if not line.strip().startswith("#")]
    assert len(lines) == len(listed)
    assert [line for line in lines if not re.fullmatch(r'"[^"]+", *# \S.+', line)] == []


# ---------------------------------------------------------------- Python's version, in every place


def test_the_environment_takes_the_pythons_that_pyproject_names():
    for minor in range(6, 20):
        fits = environment.fits((3, minor, 0))
        assert fits == (f"3.{minor}.0" in SUPPORTED), f"Python 3.{minor}"
        assert fits == (f"3.{minor}" in environment.version_refusal((4, 0, 0))), f"3.{minor}"


def test_conda_takes_a_supported_python_and_the_lock():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    [python] = [d for d in conda["dependencies"] if str(d).startswith("python=")]
    assert python.removeprefix("python=") + ".0" in SUPPORTED
    assert "pip" in conda["dependencies"]
    [pip] = [d["pip"] for d in conda["dependencies"] if isinstance(d, dict)]
    assert pip == ["-r requirements.txt"], "pip cannot check the hash of a folder such as `-e .`"


def test_the_readme_names_the_same_pythons_and_commands():
    if not (ROOT / "README.md").exists():
        pytest.skip("there is no README.md yet")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    phrases = re.findall(r"Python ((?:3\.\d+|, | to | or | and |–|-)+)", readme)
    named = {version for phrase in phrases for version in re.findall(r"3\.\d+", phrase)}
    assert {PYTHONS[0], PYTHONS[-1]} <= named <= set(PYTHONS)
    assert "make lab" in readme
    assert "make test" in readme
    if "environment.yml" in readme:
        assert "pip install --no-deps --no-build-isolation -e ." in readme


# ---------------------------------------------------------------- the commands


def workflow(name="tests"):
    """Return a workflow: the one that tests the course, or another."""
    path = ROOT / ".github" / "workflows" / f"{name}.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def commands(job):
    """Return the commands of a job."""
    return [step["run"] for step in job["steps"] if "run" in step]


def test_the_workflow_runs_on_push_pull_request_and_weekly_and_may_only_read():
    triggers = workflow()[True]  # YAML 1.1 reads the key `on` as a truth value
    assert set(triggers) == {"push", "pull_request", "schedule"}
    assert re.fullmatch(r"\d+ \d+ \* \* \d", triggers["schedule"][0]["cron"])
    assert workflow()["permissions"] == {"contents": "read"}
    assert all(0 < job["timeout-minutes"] <= 60 for job in workflow()["jobs"].values())


def test_the_workflow_runs_the_test_command_on_linux_and_macos():
    job = workflow()["jobs"]["make"]
    assert commands(job) == ["make test"]
    machines = {(m["os"], m["python"]) for m in job["strategy"]["matrix"]["include"]}
    assert {os for os, _ in machines} == {"ubuntu-latest", "macos-latest"}
    assert {python for os, python in machines if os == "ubuntu-latest"} == {"3.11", "3.13"}
    assert all(f"{python}.0" in SUPPORTED for _, python in machines)


def test_the_workflow_installs_the_lock_with_hashes_on_windows():
    job = workflow()["jobs"]["pip"]
    assert job["runs-on"] == "windows-latest"
    lock, package, tests = commands(job)
    assert lock.endswith("pip install --require-hashes -r requirements.txt")
    assert package.endswith("pip install --no-deps --no-build-isolation -e .")
    assert package in (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert tests == "python -m pytest"


def test_the_book_is_published_where_its_host_says_after_its_tests():
    [job] = workflow("book")["jobs"].values()
    make, tests = commands(job)
    assert make == "make book"
    assert tests == ".venv/bin/python -m pytest tests/test_book.py"
    settings = [step["env"] for step in job["steps"] if "env" in step]
    assert "steps.pages.outputs.base_url" in settings[0]["BOOK_URL"]
    assert settings[1] == {"COURSE_BOOK": "required"}
    assert 0 < job["timeout-minutes"] <= 60


def test_ci_runs_the_test_command_with_what_the_book_needs():
    script = ROOT / ".ci" / "run"
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert lines[-3] == "make book"
    assert lines[-2].startswith("export COURSE_BOOK=required ")
    assert lines[-1] == "make test"
    if os.name != "nt":
        assert script.stat().st_mode & stat.S_IXUSR


@pytest.mark.skipif(not shutil.which("make"), reason="this machine has no make")
class TestMakefile:
    """What `make` would do, from a folder with a space in its name."""

    @pytest.fixture
    def make(self, tmp_path):
        """Return a function that gives the lines which make writes."""
        folder = tmp_path / "my course"
        folder.mkdir()
        shutil.copy(ROOT / "Makefile", folder)
        clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}

        def run(*arguments, **variables):
            result = subprocess.run(
                ["make", *arguments],
                cwd=folder,
                env={**clean, **variables},
                capture_output=True,
                text=True,
                timeout=20,
            )
            return result.stdout.splitlines() + result.stderr.splitlines()

        return run

    def test_help_is_the_default_and_explains_every_target(self, make):
        targets = "help lab progress test notebooks guide book assignment check lock"
        assert [line.split()[1] for line in make()] == targets.split()
        assert all(len(line.split()) > 4 for line in make())

    def test_every_command_makes_the_environment_first(self, make):
        for target in ("lab", "progress", "test", "notebooks", "guide", "check"):
            assert make("-n", target)[0] == '"python3" tools/environment.py'
        assert make("-n", "test", "PYTHON=/a b/python")[0].startswith('"/a b/python" ')

    def test_test_is_pytest_in_the_environment(self, make):
        assert make("-n", "test")[1:] == [".venv/bin/python -m pytest"]

    def test_lab_passes_its_arguments_on(self, make):
        [_, line] = make("-n", "lab", "FRESH=04 07", "LAB_ARGS=--no-browser --port=8899")
        assert line.endswith('tools/lab.py --fresh "04 07" --no-browser --port=8899')

    def test_book_adds_its_packages_and_shows_the_site_if_asked_to(self, make):
        packages, build = make("-n", "book", "SERVE=1")
        assert packages == '"python3" tools/environment.py book'
        assert build == ".venv/bin/python -m book.build --serve"
        assert make("-n", "book")[1].split()[-1] == "book.build"

    def test_notebooks_takes_a_lesson_and_force(self, make):
        line = make("-n", "notebooks", "LESSON=04", "FORCE=1")[1]
        assert line.split()[1:] == ["-m", "tools.build_notebooks", "--force", "04"]
        line = make("-n", "notebooks")[1]
        assert line.split()[1:] == ["-m", "tools.build_notebooks"]

    def test_lock_without_uv_is_one_sentence(self, make, tmp_path):
        for name in ("make", "sh"):
            (tmp_path / name).symlink_to(shutil.which(name))
        said = make("lock", PATH=str(tmp_path))
        assert said[0].startswith("make lock needs uv")
        assert not any("Traceback" in line for line in said)


# ---------------------------------------------------------------- what the code imports


def imported_modules(path):
    """Return the top-level names that a Python file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("folder", ["utils", "tools", "tests", "lessons", "benchmarks", "book"])
def test_every_imported_package_is_a_direct_dependency(folder):
    own = {"utils", "tools", "tests", "book"}
    own |= {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    distributions = importlib.metadata.packages_distributions()
    for path in (ROOT / folder).glob("*.py"):
        direct = set(direct_dependencies())
        if folder == "book" or path.name in ("test_book.py", "book.py"):
            direct |= set(by_name(BOOK))
        for name in imported_modules(path) - own - sys.stdlib_module_names:
            owners = map(canonicalize_name, distributions.get(name, [name]))  # maybe not there
            assert direct & set(owners), f"{path.name} imports {name}"


def test_the_modules_of_utils_stand_alone_but_for_three():
    """A star, not a chain: all may import `runtime`, `pictures`, `fonts`; these three nobody."""
    bottom = {"runtime", "pictures", "fonts"}
    for path in (ROOT / "utils").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        used = set(re.findall(r"^\s*(?:from|import) utils[. ]+(?:import )?(\w+)", source, re.M))
        allowed = set() if path.stem in bottom else bottom
        assert used <= allowed, f"{path.name} imports {used - allowed}"


def test_an_ordinary_installation_holds_all_files_of_the_package(tmp_path):
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "utils", tmp_path / "utils")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", "."]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "."], cwd=tmp_path, check=True)
    [wheel] = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("utils/")}
    files = [path for path in (ROOT / "utils").rglob("*") if path.is_file()]
    expected = {p.relative_to(ROOT).as_posix() for p in files if p.suffix != ".pyc"}
    assert packed == expected
