"""Benchmarks of denial spikes, and of what is said about weeks that are not over."""
