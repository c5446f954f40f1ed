"""The canonical answer to one query: measures, tables, typed rows, and the scope that was asked for."""
