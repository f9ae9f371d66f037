"""Code sets by release: which codes were valid on which day, and what a client's claims carried."""
