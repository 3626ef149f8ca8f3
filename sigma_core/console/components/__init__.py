"""What pages are drawn with: pure functions from values to HTML, escaped, one subject a file."""
