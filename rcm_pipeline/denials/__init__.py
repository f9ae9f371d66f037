"""What payers decided, what they denied and why."""
