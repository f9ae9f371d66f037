"""Which code of the coder stands against which of the auditor, and what the pair comes to."""
