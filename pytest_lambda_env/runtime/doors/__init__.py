"""The names of the standard library through which handler code reaches the world, replaced while a service is open."""
