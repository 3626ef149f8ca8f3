"""What the page Graph shows, as the link names it."""

ENTITIES, MODULES, BLAST = "Entities", "Modules", "Blast radius"
VIEWS = (ENTITIES, MODULES, BLAST)
