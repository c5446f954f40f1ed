"""A digest in one reader's words: wording, languages, the page model, templates and CSS.

Imports ports, domain, errors, Babel, Jinja and css-inline. Never imports flow, a source or a channel.
"""
