"""Calls the old and the new version of a function with the same inputs, inside the project's own interpreter.

What is told here can only speak against a change: nothing is approved because of it.
"""
