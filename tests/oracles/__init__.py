"""Other decoders' words for ours, and packets to compare them by."""
