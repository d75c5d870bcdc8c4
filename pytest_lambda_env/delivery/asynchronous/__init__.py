"""The asynchronous queue, and where the records of its events go."""
