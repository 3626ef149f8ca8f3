"""Which probability scores have stood for: a curve by Platt where there are few outcomes, isotonic where many."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sigma_core.proposals.calibration.recalibration import IDENTITY, Recalibration, log_odds
from sigma_core.proposals.calibration.scoring import Forecast

FOLDS = 5
FEWEST = 30
"""Outcomes before any curve is fitted, with at least `FEWEST_EACH` of either kind."""
FEWEST_EACH = 5
MANY = 500
"""Outcomes from which the curve is isotonic."""
DOUBTED = 50
"""Outcomes at which the curve counts for half; before, the score itself counts more."""
RIDGE = 0.1
"""Holds the slope back where outcomes could be told apart without a mistake."""
MOST_STEPS = 50
_DIGITS = 6


def fit(forecasts: Sequence[Forecast]) -> Recalibration:
    """The curve that outcomes speak for, the more so the more there are; the identity where they are too few."""
    n, happened = len(forecasts), sum(each.happened for each in forecasts)
    if n < FEWEST or min(happened, n - happened) < FEWEST_EACH:
        return replace(IDENTITY, n=n)
    # In one order: sums of the same numbers in another one differ in their last bit
    known = sorted(forecasts, key=lambda each: (each.line, each.value))
    found = _isotonic(known) if n >= MANY else _platt(known)
    return replace(found, n=n, share=round(n / (n + DOUBTED), _DIGITS))


def cross_fitted(
    forecasts: Sequence[Forecast], fitted: Callable[[Sequence[Forecast]], Recalibration] = fit
) -> list[Forecast]:
    """Each forecast as a curve says it that was fitted to others alone; in the order given."""
    curves = {number: fitted(others) for number, others in _others(forecasts)}
    return [replace(each, value=curves[fold_of(each.line)].of(each.value)) for each in forecasts]


def base_rates(forecasts: Sequence[Forecast]) -> list[Forecast]:
    """What is to be beaten: each forecast replaced by the share of the others that came true."""
    rates = {
        number: (sum(each.happened for each in others) + 1) / (len(others) + 2) for number, others in _others(forecasts)
    }
    return [replace(each, value=rates[fold_of(each.line)]) for each in forecasts]


def fold_of(line: int) -> int:
    """Where a line of proposals belongs, whatever else is known."""
    return line % FOLDS


def _others(forecasts: Sequence[Forecast]) -> Iterator[tuple[int, list[Forecast]]]:
    for number in range(FOLDS):
        yield number, [each for each in forecasts if fold_of(each.line) != number]


def _platt(forecasts: Sequence[Forecast]) -> Recalibration:
    """Logistic regression on the log odds, by Newton's method: a hundred curves are fitted to judge what was learned,
    and scikit-learn, which comes to the same, takes twenty times as long for one."""
    import numpy as np

    odds = np.array([log_odds(each.value) for each in forecasts])
    happened = np.array([float(each.happened) for each in forecasts])
    inputs = np.column_stack((np.ones_like(odds), odds))
    penalty, found = np.diag((1e-9, RIDGE)), np.zeros(2)
    for _ in range(MOST_STEPS):
        said = 1 / (1 + np.exp(-(inputs @ found)))
        slope_of_loss = inputs.T @ (said - happened) + penalty @ found
        curvature = (inputs * (said * (1 - said))[:, None]).T @ inputs + penalty
        step = np.linalg.solve(curvature, slope_of_loss)
        found = found - step
        if float(np.abs(step).max()) < 1e-9:
            break
    intercept, slope = float(found[0]), float(found[1])
    if slope < 0:
        # Who says more of what happens less knows nothing: the base rate is what is left
        slope, intercept = 0.0, log_odds(float(happened.mean()))
    return Recalibration("platt", slope=round(slope, _DIGITS), intercept=round(intercept, _DIGITS))


def _isotonic(forecasts: Sequence[Forecast]) -> Recalibration:
    from sklearn.isotonic import IsotonicRegression

    edge = 1 / (len(forecasts) + 2)
    model = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
    model.fit([each.value for each in forecasts], [float(each.happened) for each in forecasts])
    pairs = zip(model.X_thresholds_, model.y_thresholds_, strict=True)
    return Recalibration(
        "isotonic", points=tuple((round(float(x), _DIGITS), round(float(y), _DIGITS)) for x, y in pairs)
    )
