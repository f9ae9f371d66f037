"""Spreadsheets and exports to raw tables: cells of a file, the table in them, its kind, its columns, its values."""
