"""EDI text to columnar tables."""
