"""Keys, tokens and the allow-list at the door."""
