"""The code under care as facts: what it defines, imports, calls and depends on, and since which commit."""
