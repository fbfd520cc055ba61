"""Fit how evidence becomes confidence, and how a sandwich covariance becomes an error that is met."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.trust_records import Record, ending
from superpose._verify.confidence import from_document

Floats = NDArray[np.float64]

# Where the curves bend, by feature: fixed beforehand, from where unrelated pairs lie to where nothing more is gained.
MATCH = {
    "consistency": (4.0, 7.0, 10.0),
    "consistency_coarser": (3.0, 6.0),
    "consistency_weighted": (4.0, 8.0, 12.0),
    "slopes": (0.7, 1.2, 2.0, 2.7),
    "above": (3.0, 5.0, 8.0, 12.0),
    "exact": (28.0,),
    "significance": (1.0, 3.0),
}
CHOICE = {"lead": (0.5, 1.0, 2.0, 4.0)}
# Weights are held back by this much: of two models that fit alike, the flatter one.
RIDGE = 2e-3
# A false accept counts as much as so many false rejects.
WORSE = 10.0
WITHIN = (0.6827, 0.9545)
# Kinds that the images may well match in, and that other checks refuse: of free directions, and of tiles' own shifts.
OTHERWISE = ("undetermined", "misfit")
# So few records say nothing about coverage.
LEAST = 8


def label(record: Record) -> float:
    """Return 1 for rightly aligned, 0 for wrongly aligned or unrelated, NaN for what nobody can say.

    That is what is too near to the limit, and one of two motions that may both be the scene's.
    """
    error = record["error"]
    if error is None:
        return 0.0
    if record.get("several") and error <= 2 * record["limit"]:
        return np.nan
    # The truth of real pairs is itself good to a few pixels only.
    return 1.0 if error <= record["limit"] else 0.0 if error > 2 * record["limit"] else np.nan


def _columns(rows: list[Record], knots: dict[str, tuple[float, ...]]) -> Floats:
    return np.array([[min(row["evidence"][name], knot) for name in knots for knot in knots[name]] for row in rows])


def fitted(rows: list[Record], halves: list[Record]) -> dict[str, Any]:
    """Return the calibration's document that makes labelled records most likely.

    Parameters
    ----------
    rows : list of Record
        To fit confidence to, and uncertainty to those of which the truth is exact. Records of `OTHERWISE` are not used.
    halves : list of Record
        Of real pairs (`benchmarks.halves`), to fit uncertainty to as well.
    """
    rows = [row for row in rows if row["kind"] not in OTHERWISE]
    known = exact(rows)
    right = np.array([label(row) for row in rows])
    rows = [row for row, each in zip(rows, right, strict=True) if not np.isnan(each)]
    right = right[~np.isnan(right)]
    a, b = _columns(rows, MATCH), _columns(rows, CHOICE)

    def cost(p: Floats) -> tuple[float, Floats]:
        x = a @ p[2 : 2 + a.shape[1]] + p[0]
        y = b @ p[2 + a.shape[1] :] + p[1]
        match, choice = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
        both = np.clip(match * choice, 1e-12, 1 - 1e-12)
        # Derivative of minus the log-likelihood by the logarithm of `both`.
        slope = -right + (1 - right) * both / (1 - both)
        by_x, by_y = slope * (1 - match), slope * (1 - choice)
        value = -(right * np.log(both) + (1 - right) * np.log(1 - both)).mean() + RIDGE * (p[2:] ** 2).sum()
        gradient = np.concatenate([[by_x.mean()], [by_y.mean()], a.T @ by_x / len(a), b.T @ by_y / len(b)])
        gradient[2:] += 2 * RIDGE * p[2:]
        return float(value), gradient

    size = a.shape[1] + b.shape[1]
    start = np.concatenate([[-3.0, 0.0], np.full(size, 0.1)])
    # A rival that is as good leaves an even chance at most.
    bounds = [(None, None), (None, 0.0)] + [(0.0, None)] * size
    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000}).x
    weights = iter(np.round(found[2:], 4).tolist())

    def odds(bias: float, knots: dict[str, tuple[float, ...]]) -> dict[str, Any]:
        curves = {name: {"knots": list(at), "weights": [next(weights) for _ in at]} for name, at in knots.items()}
        return {"bias": round(float(bias), 4), "curves": curves}

    document = {"match": odds(found[0], MATCH), "choice": odds(found[1], CHOICE), "threshold": 0.5}
    document["uncertainty"] = {
        name: uncertainty(*([row for row in each if ending(row["metric"]) == name] for each in (known, halves)))
        for name in ("squared", "orientation")
    }
    document["threshold"] = threshold(rows, document)
    return document


def confidences(rows: list[Record], document: dict[str, Any]) -> Floats:
    """Return the confidence of each record."""
    model = from_document(document)
    return np.array([model.confidence(row["evidence"]) for row in rows])


def threshold(rows: list[Record], document: dict[str, Any]) -> float:
    """Return the threshold with the least cost: the middle, in log odds, of all that share it."""
    right, given = np.array([label(row) for row in rows]), confidences(rows, document)
    odds = np.linspace(-2, 5, 281)
    costs = [
        WORSE * (given[right == 0] >= level).mean() + (given[right == 1] < level).mean()
        for level in 1 / (1 + np.exp(-odds))
    ]
    best = odds[np.isclose(costs, np.min(costs))]
    return round(float(1 / (1 + np.exp(-(best[0] + best[-1]) / 2))), 3)


def exact(rows: list[Record]) -> list[Record]:
    """Return those that are right, of which the truth is exact and the error known."""
    return [row for row in rows if row["exact"] and label(row) == 1 and row["sigma"] is not None]


def spread(rows: list[Record]) -> tuple[Floats, Floats]:
    """Return errors by coordinate, (n,), and what the sandwich expects of each."""
    gaps = [np.ravel(row["gaps"]) for row in rows]
    sigma = [np.full(len(each), row["sigma"] / np.sqrt(2)) for row, each in zip(rows, gaps, strict=True)]
    return (np.concatenate(gaps), np.concatenate(sigma)) if rows else (np.zeros(0), np.zeros(0))


def coverage(gaps: Floats, sigma: Floats) -> Floats:
    """Return which part of the errors lies within one and two sigma."""
    ratio = np.abs(gaps) / sigma
    return np.array([(ratio <= 1).mean(), (ratio <= 2).mean()])


def uncertainty(*groups: list[Record]) -> dict[str, float]:
    """Return the factor and floor under which the errors lie within one and two sigma as often as they should.

    Groups of records count alike, however large, but for those too small to say anything.
    """
    errors = [spread(each) for each in groups if len(each) >= LEAST]
    if not errors:
        return {"factor": 1.0, "floor": 0.0}
    best, least = (1.0, 0.0), np.inf
    for factor in np.geomspace(0.5, 3, 37):
        for floor in (0.0, *np.geomspace(5e-4, 0.05, 25)):
            reached = np.mean(
                [coverage(gaps, np.hypot(factor * sigma, floor / np.sqrt(2))) for gaps, sigma in errors], axis=0
            )
            miss = float(np.square(reached - WITHIN).sum())
            if miss < least:
                best, least = (float(factor), float(floor)), miss
    return {"factor": round(best[0], 4), "floor": round(best[1], 5)}
