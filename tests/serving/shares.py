# SPDX-License-Identifier: Apache-2.0
"""Whether counts of requests fit weights: Pearson's chi-square test.

    shares.p_value({"stable": 912, "canary": 88}, {"stable": 90, "canary": 10})     # 0.206
"""
import math

LEAST_EXPECTED = 5


def p_value(counts, weights):
    """The probability of counts that are at least as far from the weights. 0 if a version without weight has requests.

    counts, weights: by version. Each version with a weight must be expected at least LEAST_EXPECTED times, below which the
    test says nothing.
    """
    total, parts = sum(counts.values()), sum(weights.values())
    if any(count and not weights.get(version) for version, count in counts.items()):
        return 0.0
    expected = {version: total * weight / parts for version, weight in weights.items() if weight}
    if not expected or min(expected.values()) < LEAST_EXPECTED:
        raise ValueError(f"{total} requests are too few for the weights {weights}")
    chi_square = sum((counts.get(version, 0) - count) ** 2 / count for version, count in expected.items())
    return upper_gamma((len(expected) - 1) / 2, chi_square / 2) if len(expected) > 1 else 1.0


def upper_gamma(a, x):
    """The regularized upper incomplete gamma function Q(a, x), for a > 0."""
    if x <= 0:
        return 1.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:  # the series of P(a, x) = 1 - Q(a, x)
        term = total = 1 / a
        for n in range(1, 1000):
            term *= x / (a + n)
            total += term
            if term < total * 1e-15:
                break
        return 1 - scale * total
    # Lentz's method for the continued fraction of Q(a, x).
    b, c = x + 1 - a, math.inf
    d = fraction = 1 / b
    for n in range(1, 1000):
        step = n * (a - n)
        b += 2
        d = 1 / (b + step * d)
        c = b + step / c
        fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return scale * fraction
