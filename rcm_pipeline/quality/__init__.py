"""Checks of tables and of whole batches."""
