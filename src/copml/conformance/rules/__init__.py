"""The rules of the table, one file per area of COPML.

Invariant: a rule is a pure function from evidence to a finding; whether the requirement applies, and whether the
evidence is too old, is decided by `check`, the same way for all of them.
"""
