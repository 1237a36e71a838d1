"""
ICMP messages, decoded from their bytes; what the bytes do not hold is None or absent.

A tracer that prints no fields never imports this.
"""

from pyicmp.icmp.message.message import Message
from pyicmp.icmp.message.quote import Quote

__all__ = ["Message", "Quote"]
