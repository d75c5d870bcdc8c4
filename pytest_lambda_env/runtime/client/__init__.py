"""The runtime's own half: what AWS's runtime interface client does with a request."""
