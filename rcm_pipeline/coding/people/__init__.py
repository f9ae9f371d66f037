"""Coders against the standard, and the auditors who judge them."""
