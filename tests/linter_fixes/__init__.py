"""Fixes that linters offer, each with the code it is for and with tests of that code.

`changing` are looked at by no test, `weak_…` by tests on inputs for which they change nothing, `harmless…` by tests
that leave little open.
"""
