"""QA reviews in force: their codes, their findings and what was overturned."""
