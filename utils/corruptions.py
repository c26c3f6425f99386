"""Ways in which pictures go bad between the training set and the world, each in five severities.

After Hendrycks and Dietterich: Benchmarking neural network robustness to common corruptions and
perturbations, ICLR 2019. The strengths here are chosen for small pictures of 20 to 64 pixels.
"""

import numpy as np

SEVERITIES = (1, 2, 3, 4, 5)


def corrupt(images, corruption, severity, seed=0):
    """Return the images with one kind of damage.

    Args:
        images: array of shape (n, height, width, channels), values in [0, 1].
        corruption: a name from CORRUPTIONS.
        severity: 1 (slight) to 5 (heavy).
        seed: the same seed does the same damage.

    Returns:
        ndarray: float32 images of the same shape, values in [0, 1].

    Raises:
        ValueError: unknown name or severity, images of another shape or range.
    """
    images = np.asarray(images)
    if corruption not in CORRUPTIONS:
        raise ValueError(f"there is no corruption {corruption!r}; valid: {', '.join(CORRUPTIONS)}")
    if severity not in SEVERITIES:
        raise ValueError(f"severity must be one of {SEVERITIES}, not {severity!r}")
    if images.ndim != 4:
        raise ValueError(f"images must be (n, height, width, channels), not {images.shape}")
    if images.size and not (images.min() >= 0 and images.max() <= 1):
        raise ValueError("images must have values in [0, 1]; divide 0 … 255 by 255")
    damage, strengths = CORRUPTIONS[corruption]
    random = np.random.default_rng(seed)
    damaged = damage(images.astype("float64"), strengths[SEVERITIES.index(severity)], random)
    return damaged.clip(0, 1).astype("float32")


# Each damage takes images, its strength and a random generator, and returns images.


def _gaussian_noise(images, deviation, random):
    return images + random.normal(0, deviation, size=images.shape)


def _shot_noise(images, photons, random):
    """Light comes in grains: a white pixel counts this many on average."""
    return random.poisson(images * photons) / photons


def _impulse_noise(images, share, random):
    """This share of the pixels turns black or white."""
    hit = random.random(images.shape[:3])[..., np.newaxis]
    return np.where(hit < share / 2, 0, np.where(hit < share, 1, images))


def _defocus(images, deviation, _):
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(images, (0, deviation, deviation, 0))


def _motion(images, length, random):
    """The camera moves by `length` pixels, for each image in another direction."""
    from scipy.ndimage import shift

    steps = np.linspace(-length / 2, length / 2, 2 * length + 1)
    moved = np.empty_like(images)
    for image, angle, result in zip(images, random.uniform(0, np.pi, len(images)), moved):
        way = np.outer(steps, [np.sin(angle), np.cos(angle), 0])
        result[:] = np.mean([shift(image, move, order=1, mode="nearest") for move in way], axis=0)
    return moved


def _pixelate(images, share, _):
    """Average over coarse pixels: `share` is how many of the pixels of a row are left."""
    from PIL import Image

    def coarsen(channel):
        fine = Image.fromarray(channel.astype("float32"))
        coarse_size = [max(1, round(share * side)) for side in fine.size]
        coarse = fine.resize(coarse_size, Image.Resampling.BOX)
        return np.asarray(coarse.resize(fine.size, Image.Resampling.NEAREST))

    return _for_each_channel(coarsen, images)


def _jpeg(images, quality, _):
    import io

    from PIL import Image

    def compress(channel):
        file = io.BytesIO()
        grey = Image.fromarray((255 * channel).round().astype("uint8"))
        grey.save(file, "jpeg", quality=quality)
        return np.asarray(Image.open(file)) / 255

    return _for_each_channel(compress, images)


def _for_each_channel(change, images):
    """Return the images after `change` has been applied to each channel, (height, width)."""
    channels = np.moveaxis(images, -1, 1)  # (n, channels, height, width)
    changed = [[change(channel) for channel in image] for image in channels]
    return np.moveaxis(np.reshape(changed, channels.shape), 1, -1)


def _brightness(images, amount, _):
    return images + amount


def _contrast(images, share, _):
    """Pull every value towards the image's mean, until `share` of the difference is left."""
    means = images.mean(axis=(1, 2), keepdims=True)
    return means + share * (images - means)


def _uneven_light(images, depth, random):
    """A haze that grows from one side to the other, up to `depth`."""
    height, width = images.shape[1:3]
    rows, columns = np.meshgrid(
        np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij"
    )
    angles = random.uniform(0, 2 * np.pi, size=(len(images), 1, 1))
    ramps = (1 + np.cos(angles) * rows + np.sin(angles) * columns) / 2
    haze = depth * ramps.clip(0, 1)[..., np.newaxis]
    return images * (1 - haze) + haze


def _occlusion(images, share, random):
    """A grey square covers this share of the side, anywhere."""
    damaged = images.copy()
    height, width = images.shape[1:3]
    side = round(share * min(height, width))
    tops = random.integers(0, height - side + 1, size=len(images))
    lefts = random.integers(0, width - side + 1, size=len(images))
    for image, top, left in zip(damaged, tops, lefts):
        image[top : top + side, left : left + side] = 0.5
    return damaged


def _rotation(images, degrees, random):
    """Turn each image by exactly `degrees`, to the left or to the right."""
    from scipy.ndimage import rotate

    signs = random.choice([-1, 1], size=len(images))
    turned = [
        rotate(image, sign * degrees, reshape=False, order=1, mode="nearest")
        for image, sign in zip(images, signs)
    ]
    return np.reshape(turned, images.shape)


# name: (what it does, its strength at the severities 1 to 5)
CORRUPTIONS = {
    "gaussian noise": (_gaussian_noise, (0.1, 0.2, 0.3, 0.45, 0.6)),
    "shot noise": (_shot_noise, (30, 12, 5, 2.5, 1)),
    "impulse noise": (_impulse_noise, (0.03, 0.08, 0.15, 0.25, 0.4)),
    "defocus": (_defocus, (0.7, 1.2, 1.8, 2.5, 3.3)),
    "motion": (_motion, (3, 5, 7, 10, 13)),
    "pixelate": (_pixelate, (0.5, 0.35, 0.28, 0.21, 0.18)),
    "jpeg": (_jpeg, (30, 15, 8, 4, 1)),
    "brightness": (_brightness, (0.15, 0.3, 0.45, 0.6, 0.75)),
    "contrast": (_contrast, (0.6, 0.4, 0.25, 0.15, 0.07)),
    "uneven light": (_uneven_light, (0.3, 0.5, 0.65, 0.8, 0.95)),
    "occlusion": (_occlusion, (0.2, 0.3, 0.4, 0.5, 0.6)),
    "rotation": (_rotation, (10, 20, 30, 45, 60)),
}
