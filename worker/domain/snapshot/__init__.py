"""The canonical answer to one query: measures, tables, typed rows, the scope that they were asked for."""
