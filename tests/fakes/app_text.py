"""Reading a page that was drawn without a browser, and its charts."""

import json
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from sigma_core.console.frame import KEYBOARD


def text_of(app: AppTest) -> str:
    """All our HTML on the page, in order, but for the one script that is ours."""
    return "\n".join(text for piece in app.html if (text := str(piece.value)) != KEYBOARD)


def labels_of(app: AppTest) -> list[str]:
    """The labels of all buttons."""
    return [button.label for button in app.button]


def figure_of(app: AppTest) -> dict[str, Any]:
    """The page's only chart, as the browser gets it."""
    (chart,) = app.get("plotly_chart")
    figure: dict[str, Any] = json.loads(chart.proto.spec)
    return figure


def click_dot(app: AppTest, place: int) -> AppTest:
    """Click a dot of the page's only chart, counted in its first series."""
    (chart,) = app.get("plotly_chart")
    points = [{"curve_number": 0, "point_index": place}]
    picked = {"selection": {"points": points, "point_indices": [place], "box": [], "lasso": []}}
    state = app._tree.get_widget_states()
    state.widgets.append(WidgetState(id=chart.proto.id, string_value=json.dumps(picked)))
    return app._run(state)
