"""The whole store as one thing: copied to another database, put into a file, taken out of it again."""
