"""A store as large as one of years, and what pages cost on it."""
