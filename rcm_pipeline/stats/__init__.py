"""Mathematics without a subject: intervals, comparisons, survival, decomposition, evidence."""
