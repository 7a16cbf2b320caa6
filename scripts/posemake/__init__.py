import posemake.parents  # noqa: F401  what takes long to import comes after it
