"""Benchmarks of the statistics of coding accuracy: what is promised in 95 of 100 cases, counted."""
