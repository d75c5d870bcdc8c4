"""What the code of one process has made and not finished: threads, child processes, open files, pending tasks.

One module per kind, each a ledger: the doors note what is made, the end of an invocation asks what is still there, and
the end of the process finishes it. :mod:`.ledger` is the part of the process that holds them together.
"""
