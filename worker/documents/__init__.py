"""All JSON documents that people and programs get: one module for each noun, with pure functions of values.

Documents import flow's result types, ports, domain and errors. They import no library, no adapter and no template, and
they never await.

In every document an instant is a string in UTC such as "2026-11-23T14:00:00Z", with milliseconds only if there are any,
unless its function says otherwise. A reason is a word of the closed list in docs/reference/reasons.md, and `sentence`
is its explanation in English. Amounts are integers in minor units (cents). null means that there is no value.
"""
