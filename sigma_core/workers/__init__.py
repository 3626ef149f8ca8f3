"""The five workers. Each is its collaborators and a short story called `work`."""
