"""What becomes of a change after it was decided: followed commit by commit on the project's main line."""
