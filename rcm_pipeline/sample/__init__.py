"""Labelled sample data: the truth is known, so every measure can be tested."""
