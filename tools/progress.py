"""Print which exercises of which chapters are done, from the learner's saved copies in work/.

python -m tools.progress
"""

import sys
from pathlib import Path

from utils.progress import SIGNS, read_progress

WORK = Path(__file__).resolve().parent.parent / "work"


def progress_lines(chapters, strange):
    """Return the lines to print.

    Args:
        chapters: list of utils.progress.Progress.
        strange: sentences about files that are no copies of chapters.
    """
    width = max((2 * len(chapter.verdicts) for chapter in chapters), default=0)
    lines = []
    for chapter in chapters:
        signs = " ".join(SIGNS[verdict] for verdict in chapter.verdicts.values())
        lines.append(f"{signs:{width}} {chapter.done} of {len(chapter.verdicts)}  {chapter.title}")
    legend = ", ".join(f"{sign} {verdict}" for verdict, sign in SIGNS.items())
    return [*lines, f"({legend}; as the notebooks were last saved)", *strange]


def main(work=WORK):
    """Run the command line; return the exit status."""
    try:
        chapters, strange = read_progress(work)
    except FileNotFoundError:
        print("There is no folder work/ yet: make lab makes it.", file=sys.stderr)
        return 1
    print("\n".join(progress_lines(chapters, strange)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
