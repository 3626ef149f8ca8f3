"""One table for every long list: paged, sorted and filtered by the database, chosen rows handled together."""
