"""What can be said of a change by reading it: nothing here runs."""
