"""Weeks not yet answered: what is known of them and what to expect."""
