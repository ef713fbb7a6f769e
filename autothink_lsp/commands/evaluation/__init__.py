"""What ``eval`` is made of: tasks, policies, runners, statistics."""
