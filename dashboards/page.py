"""Render a page that needs nothing from outside: Plotly inlined once, data beside it, a policy that forbids the rest."""

import base64
import datetime as dt
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from dashboards.theme import CONFIG, Chart


def render(template: str, **values: Any) -> str:
    """Fill a template. Everything is escaped; figures become data, drawn by one script."""
    scripts = [_plotly(), _own("pack.js")]
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(_own("pack.css")),
            scripts=[Markup(s) for s in scripts],
            policy=_policy(scripts),
            config=_json(CONFIG),
            **values,
        )
    )


@cache
def _environment() -> jinja2.Environment:
    """The templates, each compiled once a process."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dashboards", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = _figure
    return environment


def _figure(chart: Chart, name: str, label: str) -> Markup:
    """A figure's data and the place it is drawn in; `name` is ours, never from a file."""
    data = _json(chart.as_plotly())
    frame = Markup('<div class="chart" id="{name}" role="img" aria-label="{label}"></div>').format(name=name, label=label)
    return frame + Markup('<script type="application/json" data-chart="{name}">').format(name=name) + data + Markup("</script>")


def _json(value: Any) -> Markup:
    """JSON that cannot end its script element; days as they are written in ISO 8601."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False, default=dt.date.isoformat)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _policy(scripts: list[str]) -> str:
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"


@cache
def _plotly() -> str:
    return str(get_plotlyjs())


@cache
def _own(name: str) -> str:
    return files("dashboards.templates").joinpath(name).read_text(encoding="utf-8")
