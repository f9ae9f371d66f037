"""Code tables as data: effective-dated, hashed, in our own words."""
