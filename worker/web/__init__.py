"""Everything that is served over HTTP. The only package that uses starlette, except for the sandbox."""
