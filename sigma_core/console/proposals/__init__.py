"""The page Proposals."""
