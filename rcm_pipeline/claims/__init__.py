"""Claims and who pays them."""
