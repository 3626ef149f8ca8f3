"""One file a group of routes. A route asks a service and says what came of it; rules live in the services."""
