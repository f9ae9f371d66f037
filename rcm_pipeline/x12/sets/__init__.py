"""One module per transaction set."""
