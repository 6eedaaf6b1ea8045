#!/usr/bin/env python3
"""Writes tests/golden/probes/*.txt: logistic regressions and scores by scikit-learn.

Needs scikit-learn (made with 1.9.1). The tests read the text files alone.
    python3 tests/golden/make_probes.py
"""
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

FOLDER = pathlib.Path(__file__).parent / "probes"

# name: (samples, shift between the classes, C, class_weight)
LOGISTIC = {
    "logistic": (60, 1.0, 1.0, None),
    "logistic_weak": (60, 1.0, 1e4, None),
    "logistic_strong": (60, 1.0, 1e-3, None),
    "logistic_separable": (40, 12.0, 10.0, None),
    "logistic_balanced": (80, 1.0, 1.0, "balanced"),
}
FEATURES = 4


def row(name, values):
    return " ".join([name, *(repr(float(v)) for v in values)]) + "\n"


def origin(what):
    return f"# {what}.\n# Made by tests/golden/make_probes.py with scikit-learn {sklearn.__version__}.\n"


def write_logistic(name, samples, shift, c, class_weight, random):
    rare = 0.2 if class_weight else 0.5
    y = (random.random(samples) < rare).astype(int)
    x = random.normal(size=(samples, FEATURES)) * [1.0, 3.0, 0.3, 1.0] + [5.0, 0.0, -1.0, 0.0]
    x[:, 0] += shift * y
    probe = LogisticRegression(C=c, class_weight=class_weight, solver="newton-cholesky",
                               tol=1e-14, max_iter=1000).fit(x, y)
    with open(FOLDER / f"{name}.txt", "w", encoding="ascii") as file:
        file.write(origin("sklearn.linear_model.LogisticRegression, features not standardised"))
        file.write(row("C", [c]) + row("balanced", [class_weight is not None]))
        for sample, label in zip(x, y):
            file.write(row("sample", [label, *sample]))
        file.write(row("weights", probe.coef_[0]) + row("intercept", probe.intercept_))


def write_stopped(random):
    """Objective and accuracy on the own samples where L-BFGS ends after so many iterations."""
    y = np.arange(120) % 2
    x = random.normal(size=(120, 8)) @ np.diag(10.0 ** (np.arange(8) % 3)) @ random.normal(size=(8, 8))
    x[:, 0] += 0.5 * y
    with open(FOLDER / "logistic_stopped.txt", "w", encoding="ascii") as file:
        file.write(origin("sklearn.linear_model.LogisticRegression: iterations, objective, accuracy"))
        for sample, label in zip(x, y):
            file.write(row("sample", [label, *sample]))
        for most in (1, 5, 10, 20, 40, 1000):
            probe = LogisticRegression(max_iter=most).fit(x, y)
            odds = probe.decision_function(x) * (2 * y - 1)
            objective = np.log1p(np.exp(-odds)).sum() + (probe.coef_ ** 2).sum() / 2
            file.write(row("stopped", [most, probe.n_iter_[0], objective, probe.score(x, y)]))


def write_softmax(random):
    y = np.arange(60) % 3
    x = random.normal(size=(60, FEATURES))
    x[:, :3] += np.eye(3)[y]
    probe = LogisticRegression(C=2.0, solver="newton-cholesky", tol=1e-14, max_iter=1000).fit(x, y)
    with open(FOLDER / "softmax.txt", "w", encoding="ascii") as file:
        file.write(origin("sklearn.linear_model.LogisticRegression, three classes"))
        file.write(row("C", [2.0]))
        for sample, label in zip(x, y):
            file.write(row("sample", [label, *sample]))
        for weights in probe.coef_:
            file.write(row("weights", weights))
        file.write(row("intercepts", probe.intercept_ - probe.intercept_.mean()))


def write_scores(random):
    y = (random.random(50) < 0.3).astype(int)
    odds = np.round(random.normal(size=50) + y, 1)  # rounding makes ties
    answers = (odds > 0).astype(int)
    with open(FOLDER / "scores.txt", "w", encoding="ascii") as file:
        file.write(origin("sklearn.metrics of log-odds with ties"))
        file.write(row("labels", y) + row("log_odds", odds))
        file.write(row("accuracy", [metrics.accuracy_score(y, answers)]))
        file.write(row("balanced_accuracy", [metrics.balanced_accuracy_score(y, answers)]))
        file.write(row("roc_auc", [metrics.roc_auc_score(y, odds)]))
        file.write(row("average_precision", [metrics.average_precision_score(y, odds)]))
        file.write(row("matthews", [metrics.matthews_corrcoef(y, answers)]))
        file.write(row("log_loss", [metrics.log_loss(y, 1 / (1 + np.exp(-odds)))]))


def main():
    FOLDER.mkdir(exist_ok=True)
    random = np.random.default_rng(20240229)
    for name, case in LOGISTIC.items():
        write_logistic(name, *case, random)
    write_scores(random)
    write_softmax(random)
    with warnings.catch_warnings(action="ignore"):
        write_stopped(random)


if __name__ == "__main__":
    main()
