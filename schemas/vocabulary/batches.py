"""What is measured of a week's batch."""

MEASURES = ["volume", "payer_volume", "empty_cells", "new_values", "delay", "out_of_balance"]
VOLUME, PAYER_VOLUME, EMPTY, NEW, DELAY, OUT_OF_BALANCE = MEASURES
