"""Exponential smoothing of monthly revenue, beside a yardstick that repeats the year before. Runs in `__main__` alone.

The smoothing model (level, damped trend, season) is chosen by AICc on each training part for itself, so the error on the
months held back is that of the whole procedure. Where the yardstick does no worse, it is what is shown: a model that
can't beat last year's diary has nothing to say. No logarithms: months without revenue are 0, corrections are negative.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from mobility_app.outlook.history import HELD_BACK, YEAR, Ask, Foreseen, Outlook, month_after

SHARE = 0.8  # of months that end inside the range
NORMAL_80 = 1.2816  # standard deviations to either side that hold SHARE of a normal distribution
FIT_STEPS = 200

Series = np.ndarray[Any, np.dtype[np.float64]]
Method = Callable[[Series, int], tuple[Series, Series]]  # (history, steps) -> (expected, half of the range)


def outlook(ask: Ask) -> Outlook:
    """The months after the history. The same figures give the same answer."""
    history = np.asarray(ask.values, dtype=np.float64)
    smoothed, yardstick = _errors(history, smoothing), _errors(history, year_before)
    repeats = bool(np.mean(smoothed) >= np.mean(yardstick))
    method, errors = (year_before, yardstick) if repeats else (smoothing, smoothed)
    steps = ask.skip + ask.horizon
    expected, half = method(history, steps)
    half = np.maximum(half, np.quantile(errors, SHARE))  # never surer than it was on the months held back
    least = 0.0 if history.min() >= 0 else -np.inf
    months = tuple(
        Foreseen(
            month_after(ask.first, len(ask.values) + at),
            _minor(max(least, expected[at] - half[at])),
            _minor(max(least, expected[at])),
            _minor(max(least, expected[at] + half[at])),
        )
        for at in range(ask.skip, steps)
    )
    brought = float(np.mean(np.abs(history[-HELD_BACK:])))
    return Outlook(
        months, repeats, _minor(np.mean(errors)), _percent(float(np.mean(errors)), brought),
        _minor(np.mean(yardstick)), _percent(float(np.mean(yardstick)), brought),
    )  # fmt: skip


def year_before(history: Series, steps: int) -> tuple[Series, Series]:
    """The same months a year before, as the yardstick repeats them."""
    expected = np.array([history[-YEAR + at % YEAR] for at in range(steps)])
    changes = history[YEAR:] - history[:-YEAR]
    spread = float(np.sqrt(np.mean(changes**2))) if changes.size else 0.0
    return expected, np.full(steps, NORMAL_80 * spread)


def smoothing(history: Series, steps: int) -> tuple[Series, Series]:
    """Exponential smoothing; the model with the least AICc of those that the history is long enough for."""
    scale = float(np.mean(np.abs(history))) or 1.0
    found: list[tuple[float, Any]] = []
    for trend in (None, "add"):
        for seasonal in (None, "add") if history.size >= 2 * YEAR else (None,):
            fitted = _fitted(history / scale, trend, seasonal)
            if fitted is not None:
                found.append((float(fitted.aicc), fitted))
    if not found:
        return year_before(history, steps)
    best = min(found, key=lambda pair: pair[0])[1]
    frame = best.get_prediction(history.size, history.size + steps - 1).summary_frame(alpha=1 - SHARE)
    expected = np.asarray(frame["mean"], dtype=np.float64) * scale
    half = np.asarray(frame["pi_upper"] - frame["pi_lower"], dtype=np.float64) / 2 * scale
    if not np.all(np.isfinite(expected)) or not np.all(np.isfinite(half)):
        return year_before(history, steps)
    return expected, half


def _fitted(history: Series, trend: str | None, seasonal: str | None) -> Any:
    """A fitted model, None where it can't be fitted to this history."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = ETSModel(
                pd.Series(history), error="add", trend=trend, damped_trend=trend is not None, seasonal=seasonal,
                seasonal_periods=YEAR if seasonal else None,
            )  # fmt: skip
            fitted = model.fit(disp=False, maxiter=FIT_STEPS)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError):
        return None
    return fitted if np.isfinite(fitted.aicc) else None


def _errors(history: Series, method: Method) -> Series:
    """Absolute errors on the months held back: from each of the last HELD_BACK months on, the rest is foreseen from
    what came before it."""
    found: list[Series] = []
    for origin in range(history.size - HELD_BACK, history.size):
        expected, _ = method(history[:origin], history.size - origin)
        found.append(np.abs(expected - history[origin:]))
    return np.concatenate(found)


def _minor(value: Any) -> int:
    return round(float(value))


def _percent(error: float, brought: float) -> int | None:
    return round(100 * error / brought) if brought else None
