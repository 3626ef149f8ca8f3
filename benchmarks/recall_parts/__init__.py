"""A large store to ask, and what stands beside it."""
