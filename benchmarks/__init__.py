"""Measurements against alternatives; never part of the tests."""
