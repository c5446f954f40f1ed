"""What is reached over HTTP: the pages behind the links in messages. The only package that knows starlette, besides the
sandbox.
"""
