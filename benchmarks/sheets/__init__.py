"""How fast spreadsheets and exports become raw tables."""
