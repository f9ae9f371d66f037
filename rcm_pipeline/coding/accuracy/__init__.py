"""How much of the coding is right, by method, with honest limits."""
