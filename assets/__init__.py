"""The Dagster assets: load, call the library, return counts."""
