"""What the pipeline costs by size: a whole run, and the rebuild of core and mart tables from raw ones."""
