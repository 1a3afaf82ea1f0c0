"""The peers that read JSON Lines: one module each, of the same two forms as those for CSV, in the fastest setting found for it that keeps row order
and declares every type. Timestamps are JSON strings, booleans and numbers JSON's own.
"""
