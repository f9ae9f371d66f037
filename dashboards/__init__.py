"""Figures and pages: from mart to chart to pack."""
