"""Closed lists of denial spikes: what they are split by, how they stand, how they are read."""

SPIKE_DIMENSIONS = ["carc", "rarc", "code_family", "place", "provider", "coder"]
OPEN_SPIKE_STATES = ["new", "continuing", "fading"]
SPIKE_STATES = [*OPEN_SPIKE_STATES, "closed"]
SPIKE_READINGS = ["coder", "client", "payer"]
