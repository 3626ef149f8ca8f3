"""What the committee's scores are worth: held against what became of changes, and mended by it."""
