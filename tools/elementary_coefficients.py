#!/usr/bin/env python3
"""Prints the coefficients of engine/kernels/elementary.cpp: minimax polynomials and rationals.

Needs mpmath; never needed to build or test. Method: Remez's exchange in 60 digits on a relative
error weight(x) * (f(x) - P(x) / Q(x)); the reported error is that before rounding to Scalar.
"""

from mpmath import mp, mpf

mp.dps = 60


def remez(f, weight, low, high, num, den=0, spread=lambda t: t, samples=1500):
    """P/Q of degrees num, den with Q(0) = 1 on [low, high]; spread maps [0, 1] to itself."""
    place = lambda angle: low + (high - low) * spread((1 - mp.cos(mp.pi * angle)) / 2)
    grid = [place(mpf(i) / (samples - 1)) for i in range(samples)]
    table = [(x, f(x), weight(x)) for x in grid]
    count = num + den + 1

    def solve(points, q, level):
        # One Newton step for P = (f + sign * level) Q at the points.
        rows, right = [], []
        for x, value, sign in points:
            slope = sign * mp.polyval(q[::-1], x)
            shifted = value + sign * level
            rows.append([x ** k for k in range(num + 1)]
                        + [-shifted * x ** k for k in range(1, den + 1)]
                        + ([-slope] if sign else []))
            right.append(shifted - slope * level)
        solution = list(mp.lu_solve(mp.matrix(rows), mp.matrix(right)))
        return solution[:num + 1], [mpf(1)] + solution[num + 1:count], (solution + [0])[count]

    # Start: interpolate at the (spread) Chebyshev zeros. Then exchange until the error is level.
    zeros = [place((i + mpf(1) / 2) / count) for i in range(count)]
    p, q, level = solve([(x, f(x), 0) for x in zeros], [mpf(1)], mpf(0))
    for _ in range(20):
        error = [w * (value - mp.polyval(p[::-1], x) / mp.polyval(q[::-1], x))
                 for x, value, w in table]
        worst = max(map(abs, error))
        if abs(level) > worst * mpf("0.99"):
            break
        extrema, start = [], 0
        for i in range(1, samples + 1):
            if i == samples or (error[i] > 0) != (error[start] > 0):
                extrema.append(max(range(start, i), key=lambda j: abs(error[j])))
                start = i
        if len(extrema) != count + 1:
            break
        points = [(table[j][0], table[j][1], (-1) ** i / table[j][2])
                  for i, j in enumerate(extrema)]
        for _ in range(6 if den else 1):
            p, q, level = solve(points, q, level)
    return p, q, worst


def show(name, scalar, coefficients, error=None):
    digits = 17 if scalar == "double" else 9
    note = "" if error is None else f"  // relative error {mp.nstr(error, 2)}"
    print(f"{scalar} {name}{note}")
    for c in coefficients:
        print(f"    {mp.nstr(c, digits, min_fixed=1, max_fixed=0)},")


def exponential(scalar, degree):
    # q(r) = (exp(r) - 1 - r) / r^2, for exp and expm1 alike: weighted as expm1.
    half = mp.log(2) / 2 * mpf("1.0001")
    q = lambda r: (mp.expm1(r) - r) / r ** 2 if abs(r) > 1e-12 else mpf(1) / 2 + r / 6
    p, _, error = remez(q, lambda r: mp.fabs(r) + mpf("1e-4"), -half, half, degree)
    show("kExp", scalar, p, error)


def logarithm(scalar, degree):
    # log((1 + s) / (1 - s)) = 2 s + s z G(z), z = s^2, 1 + f = (1 + s) / (1 - s) in [1/r2, r2].
    top = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mpf("1.0001")
    g = lambda z: sum(mpf(2) / (2 * k + 3) * z ** k for k in range(45))
    p, _, error = remez(g, lambda z: z / 2 + mpf("1e-5"), mpf(0), top, degree)
    show("kLog", scalar, p, error)


def error_function(scalar, degree, top):
    # erf(x) / x in z = x^2, z <= top.
    f = lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) if z > 0 else 2 / mp.sqrt(mp.pi)
    p, _, error = remez(f, lambda z: 1 / f(z), mpf(0), mpf(top), degree)
    show("kErf", scalar, p, error)


def normal_tail(scalar, num, den, top):
    # Phi(-x) exp(x^2 / 2) for 0 <= x <= top.
    f = lambda x: mp.erfc(x / mp.sqrt(2)) * mp.exp(x * x / 2) / 2
    p, q, error = remez(f, lambda x: 1 / f(x), mpf(0), mpf(top), num, den,
                        spread=lambda t: t / (1 + top / mpf("3.5") * (1 - t)))
    show("kTailTop", scalar, p, error)
    show("kTailBottom", scalar, q)


def turns(scalar, degree_sin, degree_cos):
    # sin(2 pi r) = r (2 pi + z S(z)), cos(2 pi r) = 1 + z C(z), z = r^2 <= 1/64.
    tau, top = 2 * mp.pi, mpf(1) / 64
    sine = lambda z: ((mp.sin(tau * mp.sqrt(z)) / mp.sqrt(z) - tau) / z if z > 1e-20
                      else -tau ** 3 / 6)
    cosine = lambda z: (mp.cos(tau * mp.sqrt(z)) - 1) / z if z > 1e-20 else -tau ** 2 / 2
    p, _, error = remez(sine, lambda z: (z + mpf("1e-6")) / 5, mpf(0), top, degree_sin)
    show("kSin", scalar, p, error)
    p, _, error = remez(cosine, lambda z: z + mpf("1e-6"), mpf(0), top, degree_cos)
    show("kCos", scalar, p, error)


if __name__ == "__main__":
    exponential("float", 4)
    logarithm("float", 3)
    error_function("float", 6, 1)
    normal_tail("float", 4, 5, 15)
    turns("float", 3, 3)
    exponential("double", 9)
    logarithm("double", 6)
    error_function("double", 11, 1)
    normal_tail("double", 9, 10, 39)
    turns("double", 5, 5)
