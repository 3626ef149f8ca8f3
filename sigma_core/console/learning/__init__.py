"""What the page Learning shows, a file a tab."""
