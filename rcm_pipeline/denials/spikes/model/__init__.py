"""What was expected in each week and how far it may scatter."""
