"""Denials, coding quality and rework cost for a billing and coding outsourcer, from the client's own files."""

__version__ = "0.5.0"
