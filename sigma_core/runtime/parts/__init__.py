"""What SIGMA is made of, room by room; each part is built, and its modules are loaded, when first needed.

Each class adds a room to the ones below it, as imports point: a part can only use what its own class or an earlier one
has. `System` is the last of them.
"""
