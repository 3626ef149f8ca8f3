"""The REST API, its WebSocket and the figures for monitoring: doors to the same services that people use."""
