"""Which charts are reviewed next: the frame, the draw and the reasons of risk."""
