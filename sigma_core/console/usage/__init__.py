"""Figures, courses and tables of what calls cost: of all of them on the page Cost, of one prompt's on its own."""
