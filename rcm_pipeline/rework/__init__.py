"""What denials cost."""
