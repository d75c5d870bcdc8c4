"""Who gets an event, when and where it runs. Every invocation goes through :mod:`.invoker`."""
