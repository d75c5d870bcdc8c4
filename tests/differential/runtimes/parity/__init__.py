"""AWS's own runtime client and ours, side by side: the same handler, the same requests, one interpreter."""
