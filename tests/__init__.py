"""Tests; what each folder needs is in CONTRIBUTING.md."""
