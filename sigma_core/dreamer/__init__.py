"""The meta-agent: it looks at how the workers do."""
