"""The page Issues."""
