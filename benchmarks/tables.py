"""Measurements as Markdown tables."""

from collections.abc import Iterable, Sequence

TUNING_SEEDS = (11, 12, 13)
REPORT_SEEDS = (101, 102, 103)  # not looked at in tuning


def markdown(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table under a heading; all columns but the first to the right."""
    lines = [f"### {title}", "", f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])


def share(value: float) -> str:
    """A share to three places; nothing for what was not measured."""
    return "–" if value != value else f"{value:.3f}"


def times(value: float) -> str:
    """A multiple of what it should be."""
    return "–" if value != value else f"{value:.2f}"


def percent(value: float) -> str:
    """A share in whole percent."""
    return "–" if value != value else f"{100 * value:.0f} %"
