"""Scorecard, definitions, and the state of each client."""
