"""Fixes: who writes them, how they are proved, who decides, what becomes of them."""
