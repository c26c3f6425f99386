"""Write lessons as assignments of nbgrader: answers in, wrong answers out, and how to grade them.

    make assignment FOLDER=../my-class LESSON="04 05"

makes ../my-class a folder in which nbgrader works: source/04_convolution/04_convolution.ipynb
and, if there is none yet, nbgrader_config.py.
"""

import argparse
import shutil
import sys
from pathlib import Path

from tools.build_notebooks import LessonError, find_lessons, make_assignment, read_lesson, write

CONFIG = Path(__file__).with_name("nbgrader_config.py")


def write_assignment(path, folder):
    """Write a lesson as nbgrader's source notebook, and how to grade it unless that is there.

    Args:
        path: the lesson's path.
        folder: where nbgrader works; it is made if it does not exist.

    Returns:
        the path of <folder>/source/<lesson>/<lesson>.ipynb.

    Raises:
        LessonError: if the lesson is broken.
    """
    assignment = make_assignment(read_lesson(path))
    target = Path(folder, "source", path.stem, f"{path.stem}.ipynb")
    target.parent.mkdir(parents=True, exist_ok=True)
    write(target, assignment)
    config = Path(folder, CONFIG.name)
    if not config.exists():  # a teacher may have changed it
        shutil.copyfile(CONFIG, config)
    return target


def main(arguments=None):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", help="where nbgrader shall work")
    parser.add_argument("lessons", nargs="+", metavar="NN", help="two digits")
    options = parser.parse_args(arguments)
    try:
        for path in find_lessons(options.lessons):
            print(write_assignment(path, options.folder))
    except LessonError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
