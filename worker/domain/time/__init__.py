"""Zones, durations, crontabs and windows: from the words of a definition to instants in UTC."""
