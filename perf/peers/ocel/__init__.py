"""The peers that read object-centric logs: one module each. The output is a folder; `columns` is empty, since nobody is told anything."""
