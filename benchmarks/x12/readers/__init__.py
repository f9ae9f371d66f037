"""How each reader is called: a module per package, a function per way of calling it, from a path to a count of claims."""
