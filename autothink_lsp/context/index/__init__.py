"""The project's symbol index: a child process scans the project, this process reads the database."""
