"""Every JSON document that a person or a program is shown: one module for each noun, pure functions of values.

Documents import flow's result types, ports, domain and errors. They import no library, no adapter and no template, and
they never await.

In every document an instant is a string in UTC such as "2026-11-23T14:00:00Z", with milliseconds only if there are any,
unless its function says otherwise. A reason is a word of the closed list in docs/reference/reasons.md, and `sentence`
says it in English. Amounts are integers in minor units (cents). null means "there is none".
"""
