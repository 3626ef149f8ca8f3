"""Files that are started inside the sandbox, by path; a package only so that they are installed along."""
