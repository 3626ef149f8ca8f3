"""How high the committee's decisions scored, with both thresholds."""

from collections.abc import Sequence

from sigma_core.console import words
from sigma_core.console.charts import Chart, add_threshold, bars


def histogram(counted: Sequence[int], approve_at: float, reject_below: float) -> Chart:
    """`counted`: decisions in bins of equal width from 0 to 1."""
    bins = len(counted)
    names = [f"{place / bins:.2f}" for place in range(bins)]
    figure = bars(names, [float(number) for number in counted], unit="decisions")
    # Bars stand at whole numbers, each over what begins with its name
    add_threshold(figure, reject_below * bins - 0.5, f"rejected below {reject_below:.2f}", before=True)
    add_threshold(figure, approve_at * bins - 0.5, f"approved from {approve_at:.2f}", before=False)
    return Chart("How high decisions scored", figure, _finding(counted))


def _finding(counted: Sequence[int]) -> str:
    bins, most = len(counted), max(counted)
    lowest = counted.index(most) / bins
    return (
        f"{words.count(most)} of {words.plural(sum(counted), 'decision')} scored between {lowest:.2f} and "
        f"{lowest + 1 / bins:.2f}, more than anywhere else."
    )
