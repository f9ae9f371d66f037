"""What each line came to, why it was denied and what it would bring."""
