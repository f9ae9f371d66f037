"""The Dagster code location."""

from assets.build import build_defs

defs = build_defs()
