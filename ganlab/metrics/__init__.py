"""Measuring generators: every number carries the protocol it was made with."""
