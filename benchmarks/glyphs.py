"""How many glyphs, scenes and plates are drawn in a second on one core?

    python benchmarks/glyphs.py [--count 4000]

Draws with the default arguments of `utils.synthetic` and `utils.plates` and counts processor time,
because other programs can only make the clock's time longer. It measures and does not judge: it
exits 0 whatever the figures.
"""

import argparse
from time import process_time

from utils.plates import make_plates
from utils.synthetic import make_glyphs, make_scenes


def images_per_second(make, count):
    """Return how many images `make(count)` draws in a second of processor time."""
    make(100)  # the fonts are read once
    begin = process_time()
    make(count)
    return count / (process_time() - begin)


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=4_000, help="images to draw")
    count = parser.parse_args().count
    print(f"{'glyphs of 28×28':28}{images_per_second(make_glyphs, count):8,.0f} a second")
    print(f"{'scenes of 64×64':28}{images_per_second(make_scenes, count):8,.0f} a second")
    print(f"{'plates of 96×192':28}{images_per_second(make_plates, count):8,.0f} a second")


if __name__ == "__main__":
    main()
