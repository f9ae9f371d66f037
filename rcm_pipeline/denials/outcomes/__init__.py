"""What became of each initial denial, what came back, and what to work first."""
