"""Code under care: registered repositories, our own clones of them, snapshots, the sandbox."""
