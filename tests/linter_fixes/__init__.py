"""Fixes that linters offer, each with the code it is for and with tests of that code."""
