"""Every published measure: its definition, its formula, and the scorecard that reads it."""
