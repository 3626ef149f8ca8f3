"""Ways to have a wrong change believed, as small as they can be; none may ever be approved."""
