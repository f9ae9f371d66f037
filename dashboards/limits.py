"""Points with the limits of their interval, one per row of a chart."""

from collections.abc import Sequence

import plotly.graph_objects as go

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
