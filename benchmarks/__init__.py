"""What the plugin costs, beside its peers, in one run: ``python -m benchmarks [name ...] [--json PATH]``.

One module per measurement; each gives rows (:mod:`.results`). Peers and ours take turns (:mod:`.rounds`), because a
shared machine is never equally fast for long.
"""
