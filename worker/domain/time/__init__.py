"""Zones, durations, crontabs and windows: from what a definition says to instants in UTC."""
