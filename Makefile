# The course's commands. `make help` explains them; CONTRIBUTING.md says more.

PYTHON ?= python3
COURSE = .venv/bin/python

.PHONY: help environment lab progress test notebooks guide book assignment check lock

help:  ## Show this list
	@awk -F ':[a-z ]*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

lab: environment  ## Open the course in JupyterLab (FRESH=04 takes a chapter anew, LAB_ARGS="--no-browser")
	@exec $(COURSE) tools/lab.py --fresh "$(FRESH)" $(LAB_ARGS)

progress: environment  ## Say which exercises of which chapters you have done
	@$(COURSE) -m tools.progress

test: environment  ## Test everything: the package, the lessons, every notebook
	@$(COURSE) -m pytest

notebooks: environment  ## Build chapters/ and solutions/ from lessons/ (LESSON=04 one of them, FORCE=1 again)
	@$(COURSE) -m tools.build_notebooks $(if $(FORCE),--force) $(LESSON)
	@$(COURSE) -m tools.overview
	@$(COURSE) -m tools.guide

guide: environment  ## Write the instructor's guide from teaching/notes/ and solutions/
	@$(COURSE) -m tools.guide

book:  ## Build the course as a web site from the notebooks (SERVE=1 shows it)
	@"$(PYTHON)" tools/environment.py book
	@$(COURSE) -m book.build $(if $(SERVE),--serve)

assignment: environment  ## Write lessons for nbgrader (FOLDER=../my-class LESSON="04 05")
	@test -n "$(FOLDER)" -a -n "$(LESSON)" || { echo 'Name both: make assignment FOLDER=../my-class LESSON=04' >&2; exit 1; }
	@$(COURSE) -m tools.assignment "$(FOLDER)" $(LESSON)

check: environment  ## Look for errors of style
	@$(COURSE) -m ruff check .
	@$(COURSE) -m ruff format --check .

COMPILE = uv pip compile --universal --generate-hashes --no-header --fork-strategy fewest -q

lock:  ## Write both requirements.txt, the learner's and the book's, anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: install it, for example with pipx install uv." >&2; exit 1; }
	$(COMPILE) -o requirements.txt pyproject.toml
	$(COMPILE) --python-version 3.11 -c requirements.txt --group book -o book/requirements.txt

environment:
	@"$(PYTHON)" tools/environment.py
