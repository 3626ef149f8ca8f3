"""What the committee said, held against what became of changes: weights, a model's part, and what scores stand for."""
