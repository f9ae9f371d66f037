"""Colours, type and chart defaults of every figure; safe for colour-blind readers, quiet enough for print."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

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


def figure(*, height: int, **layout: Any) -> go.Figure:
    """An empty figure with the house's defaults."""
    base = go.Figure()
    base.update_layout(
        template="none",
        height=height,
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        font={"family": FONT, "size": 13, "color": INK},
        margin={"l": 56, "r": 16, "t": 12, "b": 44},
        hoverlabel={"font": {"family": FONT, "size": 13}},
        colorway=SEQUENCE,
        legend={"orientation": "h", "y": 1.06, "x": 0, "yanchor": "bottom"},
        dragmode=False,
        **layout,
    )
    base.update_xaxes(gridcolor=GRID, zeroline=False, automargin=True, fixedrange=True, tickfont={"color": MUTED})
    base.update_yaxes(gridcolor=GRID, zeroline=False, automargin=True, fixedrange=True, tickfont={"color": MUTED})
    return base


def translucent(colour: str, alpha: float) -> str:
    """A hex colour with opacity."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


Row = tuple[str, float, float, float, str]


def with_limits(chart: go.Figure, label: str, colour: str, rows: Sequence[Row]) -> None:
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
