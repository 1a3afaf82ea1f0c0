"""The peers that read XES: one module each, of the same two forms as those for CSV, in the fastest setting found for it.

None can be told the columns. `columns` only says which texts of the generated log repeat, for those that can choose a dictionary.
"""
