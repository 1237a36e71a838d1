"""Round trips: each echo request with what came back for it, counted and timed, per peer."""
