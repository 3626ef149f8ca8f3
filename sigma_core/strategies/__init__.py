"""Ways to ask the graph a question: seven of ours, and those that installed packages bring."""
