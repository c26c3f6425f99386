"""Networks that a chapter derives and later chapters use again: how they start, train and cost.

`reference_cnn` is the classic network of chapter 07. `compact_cnn`, trained with `fit_one_cycle`,
reaches the same accuracy for a fraction of the computation: `benchmarks/mnist_recipe.py` measures
both. Importing this module imports no Keras and builds and trains nothing.
"""

import math

import numpy as np


def reference_cnn(input_shape=(28, 28, 1), num_classes=10):
    """Return the reference network of chapter 07, not yet compiled.

    Two rounds of convolution and max-pooling, then two dense layers, after LeNet-5 (LeCun, Bottou,
    Bengio and Haffner: Gradient-based learning applied to document recognition, 1998).

    Args:
        input_shape: (height, width, channels) of one image, height and width at least 10.
        num_classes: number of classes, each one output.

    Returns:
        keras.Model: (batch, height, width, channels) to (batch, num_classes) probabilities;
        225,034 parameters for the default arguments.

    Raises:
        ValueError: if the images are too small for the two rounds.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(32, 3, activation="relu"),  # (batch, 26, 26, 32)
            layers.MaxPooling2D(),  # (batch, 13, 13, 32)
            layers.Conv2D(64, 3, activation="relu"),  # (batch, 11, 11, 64)
            layers.MaxPooling2D(),  # (batch, 5, 5, 64)
            layers.Flatten(),  # (batch, 1600)
            layers.Dense(128, activation="relu"),
            layers.Dense(num_classes, activation="softmax"),
        ],
        name="reference_cnn",
    )


def compact_cnn(input_shape=(28, 28, 1), num_classes=10):
    """Return a network with an eighth of the reference's multiplications, not yet compiled.

    A stride of 2 replaces the pooling, so that no output is computed only to be thrown away
    (Springenberg, Dosovitskiy, Brox and Riedmiller: Striving for simplicity, 2015). Windows of 5×5
    pixels keep the field of view. Batch normalisation bears a high learning rate and makes the
    bias before it needless (Ioffe and Szegedy: Batch normalization, 2015); its moving averages
    look back some ten steps, for Keras' hundred are too many where a training takes few steps.

    Args:
        input_shape: (height, width, channels) of one image, height and width at least 13.
        num_classes: number of classes, each one output.

    Returns:
        keras.Model: (batch, height, width, channels) to (batch, num_classes) probabilities;
        80,730 parameters for the default arguments, 352 of them moving averages.

    Raises:
        ValueError: if the images are too small for the two convolutions.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(16, 5, strides=2, use_bias=False),  # (batch, 12, 12, 16)
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2D(32, 5, strides=2, use_bias=False),  # (batch, 4, 4, 32)
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Flatten(),  # (batch, 512)
            layers.Dense(128, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Dense(num_classes, activation="softmax"),
        ],
        name="compact_cnn",
    )


def convolution_block(filters, size, strides=1, dilation=1, padding="same"):
    """Return a convolution with batch normalisation and ReLU, as a list of three layers.

    The moving averages look back some ten steps, as in `compact_cnn`.

    Args:
        filters: number of feature maps.
        size: height and width of the window, one int or two.
        strides: pixels from one window to the next, one int or two.
        dilation: pixels from one of the window's places to the next.
        padding: "same" or "valid".

    Returns:
        list of keras layers.
    """
    from keras import layers

    return [
        layers.Conv2D(filters, size, strides, padding, dilation_rate=dilation, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
    ]


def one_cycle(steps, peak=0.01, rise=0.3, end=0.0):
    """Return a learning rate that rises to a peak once and falls once.

    It climbs in a straight line from a tenth of the peak and sinks along half a cosine (Smith and
    Topin: Super-convergence, 2019; Loshchilov and Hutter: SGDR, 2017).

    Args:
        steps: all steps of the training, at least 2.
        peak: the highest rate.
        rise: share of the steps that climb, in [0, 1).
        end: the last rate, as a share of the peak.

    Returns:
        keras.optimizers.schedules.LearningRateSchedule, for an optimizer.
    """
    import keras

    climb = max(1, int(rise * steps))
    return keras.optimizers.schedules.CosineDecay(
        peak / 10, steps - climb, alpha=end, warmup_target=peak, warmup_steps=climb
    )


def fit_one_cycle(
    model,
    X_train,
    y_train,
    epochs=3,
    batch_size=128,
    learning_rate=0.01,
    label_smoothing=0.1,
    validation_data=None,
):
    """Compile a classifier and train it with a learning rate that rises once and falls once.

    Adam's rate follows `one_cycle`, with `learning_rate` as its peak. The labels become one-hot,
    for Keras smooths those; the accuracy is the ordinary one. All that the model is compiled with
    is Keras' own, so a saved model is loaded by `keras.models.load_model(path)` and nothing more.

    Args:
        model: keras.Model whose outputs of shape (batch, num_classes) are probabilities.
        X_train: images of shape (n, height, width, channels), values in [0, 1].
        y_train: integer labels of shape (n,).
        epochs: passes over the training images; the cycle is stretched to fit.
        batch_size: images per step.
        learning_rate: the peak of the cycle.
        label_smoothing: share of each label's certainty spread over all classes, in [0, 1].
        validation_data: None or a pair (X_val, y_val), scored after each epoch.

    Returns:
        keras.callbacks.History: the loss and the accuracy after each epoch.

    Raises:
        ValueError: if there are not as many labels as images, a label is none of 0 … K - 1 for a
            model with K outputs, a setting is out of its range, or fewer than two steps are to
            take.
    """
    import keras

    if len(X_train) != len(y_train):
        raise ValueError(f"{len(X_train)} images but {len(y_train)} labels")
    _require_labels(y_train, model.output_shape[-1])
    _require_settings(epochs, batch_size, learning_rate, label_smoothing)
    steps = epochs * math.ceil(len(X_train) / batch_size)
    if steps < 2:
        raise ValueError("a rise and a fall need two steps: take more epochs or smaller batches")
    model.compile(
        optimizer=keras.optimizers.Adam(one_cycle(steps, learning_rate)),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing),
        metrics=["accuracy"],
    )
    num_classes = model.output_shape[-1]
    if validation_data is not None:
        X_val, y_val = validation_data
        validation_data = X_val, keras.utils.to_categorical(y_val, num_classes)
    return model.fit(
        X_train,
        keras.utils.to_categorical(y_train, num_classes),
        epochs=epochs,
        batch_size=batch_size,
        validation_data=validation_data,
        verbose=0,
    )


def _require_labels(labels, num_classes):
    labels = np.asarray(labels)
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels must be integers, one for an image, not {labels.dtype}")
    strangers = labels[(labels < 0) | (labels >= num_classes)]
    if strangers.size:
        raise ValueError(
            f"a model with {num_classes} outputs knows the labels 0 to {num_classes - 1}, and one "
            f"is {strangers.flat[0]}: count from 0, or give the model more outputs"
        )


def _require_settings(epochs, batch_size, learning_rate, label_smoothing):
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} must be a whole number, 1 or more, not {value!r}")
    if not learning_rate > 0:
        raise ValueError(f"learning_rate must be positive, not {learning_rate!r}")
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing must lie in [0, 1], not {label_smoothing!r}")


def smoothed_crossentropy(label_smoothing=0.1):
    """Return a cross-entropy loss for integer labels that are a little less than certain.

    With K classes the target of the true class is 1 - s + s / K and that of each other class s / K
    (Szegedy, Vanhoucke, Ioffe, Shlens and Wojna: Rethinking the Inception architecture, 2016):
    for s = 0.1 and K = 10, 0.91 and 0.01. Keras offers this for one-hot labels only. A saved model
    that was compiled with it is loaded by `keras.models.load_model(path, compile=False)`.

    Args:
        label_smoothing: s, in [0, 1]; 0 gives Keras' sparse categorical cross-entropy.

    Returns:
        function: labels of shape (batch,) and probabilities of shape (batch, num_classes) to one
        loss per image, of shape (batch,).
    """
    import keras

    def loss(y_true, y_pred):
        one_hot = keras.ops.one_hot(y_true, y_pred.shape[-1])  # (batch, num_classes)
        return keras.losses.categorical_crossentropy(
            one_hot, y_pred, label_smoothing=label_smoothing
        )

    return loss


def count_multiplications(network):
    """Return the multiplications of each convolution and each dense layer, for one picture.

    Args:
        network: keras.Model made of layers; those of other kinds are not counted.

    Returns:
        list: one int for each such layer, in order: places of its output times numbers in its
        kernel.
    """
    from keras import layers

    counted = [x for x in network.layers if isinstance(x, (layers.Conv2D, layers.Dense))]
    places = [int(np.prod(layer.output.shape[1:-1])) for layer in counted]  # 1 if dense
    return [n * int(np.prod(layer.kernel.shape)) for n, layer in zip(places, counted)]


def draw_kernels(network, seed):
    """Give every kernel of a network new random values, the same ones for the same seed.

    Drawn evenly within the bounds of Glorot and Bengio (Understanding the difficulty of training
    deep feedforward neural networks, 2010). Biases and all else with one axis stay as they are.

    Args:
        network: keras.Model, changed in place.
        seed: int, at least 0.
    """
    import keras

    kernels = [w for w in network.trainable_variables if len(w.shape) > 1]
    for number, kernel in enumerate(kernels):
        draw = keras.initializers.GlorotUniform(seed=10 * seed + number)
        kernel.assign(draw(kernel.shape))
