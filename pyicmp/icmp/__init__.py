"""ICMP: from records to events. Only ``attachment`` and ``tracer`` touch the loader's objects."""
