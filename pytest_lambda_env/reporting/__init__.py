"""What people read: the journal as text."""
