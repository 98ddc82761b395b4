"""A results folder of any size in the browser, from a server on this machine alone."""
