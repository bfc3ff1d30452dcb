"""One connection: bytes in, bytes out, and a verdict at the end.

The same objects talk in memory and over loopback sockets, with a man in the middle or without.
"""
