"""Our X12 reader beside its open peers, on the same generated files, in one run: `python -m benchmarks.x12`."""
