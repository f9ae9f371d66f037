"""Benchmarks of what is said about weeks that are not over."""
