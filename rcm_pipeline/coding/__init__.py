"""How accurate coding is, and how sure that is."""
