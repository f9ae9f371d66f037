"""Denial rates by week, cohort, dimension and layer."""
