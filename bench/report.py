def write(found, chosen): pass
