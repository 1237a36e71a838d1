"""What became of each echo request that came: its verdict, from record to ``Verdict``."""
