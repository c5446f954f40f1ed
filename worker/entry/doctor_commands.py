"""doctor: is everything that this project needs in order?"""

COMMANDS: dict[str, object] = {}
