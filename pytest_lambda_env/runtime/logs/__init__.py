"""An environment's log: its streams, its logging, and what the platform writes into it."""
