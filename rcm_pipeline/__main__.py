"""`python -m rcm_pipeline` is `rcm`."""

from rcm_pipeline.cli import main

main()
