"""Bytes of a file as arrays: separators, segments and cells."""
