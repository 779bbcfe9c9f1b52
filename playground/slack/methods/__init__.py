"""The Web API, one function per method."""
