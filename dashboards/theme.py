"""Colours, type and chart defaults of every figure; safe for colour-blind readers, quiet enough for print."""

from collections.abc import Mapping, Sequence
from typing import Any

INK, MUTED, GRID, PAPER = "#1c2733", "#5d6b7a", "#e3e8ee", "#ffffff"
BLUE, ORANGE, GREEN, RED, GREY = "#1f5fa8", "#c8690a", "#1b7f5c", "#b3261e", "#8a97a5"
SEQUENCE = [BLUE, ORANGE, GREEN, "#7a4fa3", "#0f8b9d", "#a63d6f", "#6b7f2a", GREY]
HEAT = [[0.0, "#f5f8fc"], [0.25, "#c9dcf0"], [0.5, "#85b1dc"], [0.75, "#3d7fbf"], [1.0, "#123f73"]]
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

# Nothing may leave the page: no share button, no cloud, no logo.
CONFIG: dict[str, Any] = {
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "displaylogo": False,
    "displayModeBar": False,
    "responsive": True,
    "scrollZoom": False,
}


class Chart:
    """A figure as Plotly's own plain data: traces and a layout. go.Figure checks every attribute and costs ten times as much.

    `go.Figure(chart.as_plotly())` gives the object where one is needed; a test does so for every chart, which checks its names.
    """

    def __init__(self, layout: Mapping[str, Any]) -> None:
        self.data: list[dict[str, Any]] = []
        self.layout: dict[str, Any] = _merged({}, layout)

    def add_scatter(self, **trace: Any) -> None:
        """Points or a line."""
        self.data.append({"type": "scatter", **trace})

    def add_bar(self, **trace: Any) -> None:
        """Bars."""
        self.data.append({"type": "bar", **trace})

    def add_heatmap(self, **trace: Any) -> None:
        """A coloured grid."""
        self.data.append({"type": "heatmap", **trace})

    def add_vline(self, x: float, line: Mapping[str, Any], label: str = "") -> None:
        """A line from bottom to top, with its label at the top."""
        self._add_shape({"x0": x, "x1": x, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain", "line": line})
        if label:
            self._add_label(label, {"x": x, "xref": "x", "xanchor": "right", "y": 1, "yref": "y domain", "yanchor": "top"})

    def add_hline(self, y: float, line: Mapping[str, Any], label: str = "", font: Mapping[str, Any] | None = None) -> None:
        """A line from left to right, with its label below it on the left."""
        self._add_shape({"x0": 0, "x1": 1, "xref": "x domain", "y0": y, "y1": y, "yref": "y", "line": line})
        if label:
            place = {"x": 0, "xref": "x domain", "xanchor": "left", "y": y, "yref": "y", "yanchor": "top"}
            self._add_label(label, place | ({"font": font} if font else {}))

    def update_layout(self, **layout: Any) -> None:
        """Set parts of the layout; what is not named stays."""
        _merged(self.layout, layout)

    def update_xaxes(self, **axis: Any) -> None:
        """Set parts of the x axis."""
        _merged(self.layout, {"xaxis": axis})

    def update_yaxes(self, **axis: Any) -> None:
        """Set parts of the y axis."""
        _merged(self.layout, {"yaxis": axis})

    def as_plotly(self) -> dict[str, Any]:
        """What Plotly draws; the template is its plainest."""
        return {"data": self.data, "layout": {"template": {"data": {"scatter": [{"type": "scatter"}]}}, **self.layout}}

    def _add_shape(self, shape: dict[str, Any]) -> None:
        self.layout.setdefault("shapes", []).append({"type": "line", **shape})

    def _add_label(self, text: str, place: dict[str, Any]) -> None:
        self.layout.setdefault("annotations", []).append({"showarrow": False, "text": text, **place})


def _merged(into: dict[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in parts.items():
        into[name] = _merged(dict(into.get(name) or {}), value) if isinstance(value, Mapping) else value
    return into


def figure(*, height: int, **layout: Any) -> Chart:
    """An empty chart with the house's defaults."""
    chart = Chart(
        {
            "height": height,
            "paper_bgcolor": PAPER,
            "plot_bgcolor": PAPER,
            "font": {"family": FONT, "size": 13, "color": INK},
            "margin": {"l": 56, "r": 16, "t": 12, "b": 44},
            "hoverlabel": {"font": {"family": FONT, "size": 13}},
            "colorway": SEQUENCE,
            "legend": {"orientation": "h", "y": 1.06, "x": 0, "yanchor": "bottom"},
            "dragmode": False,
        }
    )
    chart.update_layout(**layout)
    chart.update_xaxes(gridcolor=GRID, zeroline=False, automargin=True, fixedrange=True, tickfont={"color": MUTED})
    chart.update_yaxes(gridcolor=GRID, zeroline=False, automargin=True, fixedrange=True, tickfont={"color": MUTED})
    return chart


def translucent(colour: str, alpha: float) -> str:
    """A hex colour with opacity."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


Row = tuple[str, float, float, float, str]


def with_limits(chart: Chart, label: str, colour: str, rows: Sequence[Row]) -> None:
    """Add points to a chart: per row its name, value, low, high, and what the hover says. No rows, no legend."""
    if not rows:
        return
    names, values, lows, highs, texts = zip(*rows, strict=True)
    chart.add_scatter(
        x=values,
        y=names,
        mode="markers",
        name=label,
        marker={"color": colour, "size": 10},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [high - value for high, value in zip(highs, values, strict=True)],
            "arrayminus": [value - low for low, value in zip(lows, values, strict=True)],
            "color": colour,
            "thickness": 2,
            "width": 5,
        },
        text=texts,
        hovertemplate="<b>%{y}</b><br>%{text}<extra></extra>",
    )
