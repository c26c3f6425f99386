"""Numbers that the text relies on, shown with the bound that they keep."""


def expect(value, spec=".3f", *, at_least=None, at_most=None):
    """Return a number as text with the bound that the text around it relies on.

    `expect(0.9471, at_least=0.9)` is "0.947 (at least 0.9)", and `expect(0.85, at_least=0.9)` is
    "0.850 (expected at least 0.9)": nothing is raised, so that a learner may try other settings.
    The tests compare the line without the number in front of the bracket, for the last digits of
    a training differ from machine to machine; the builder refuses a bound that does not hold.

    Args:
        value: a number.
        spec: the format of the number, as in an f-string, such as ".1%", "d" or ".1e".
        at_least: the smallest value expected; None: no such bound.
        at_most: the largest value expected; None: no such bound.

    Returns:
        str.

    Raises:
        TypeError: if neither bound is given.
    """
    bounds = {"at least": at_least, "at most": at_most}
    bounds = {words: bound for words, bound in bounds.items() if bound is not None}
    if not bounds:
        raise TypeError("expect needs a bound: at_least=…, at_most=… or both")
    holds = value >= bounds.get("at least", value) and value <= bounds.get("at most", value)
    named = ", ".join(f"{words} {_bound(bound, spec)}" for words, bound in bounds.items())
    return f"{value:{spec}} ({'' if holds else 'expected '}{named})"


def _bound(bound, spec):
    """Return a bound as people write it: 0.9 and not 0.900, 1% and not 1.0%."""
    return f"{100 * bound:.6g}%" if spec.endswith("%") else f"{bound:.6g}"
