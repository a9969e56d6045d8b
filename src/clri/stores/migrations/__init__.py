"""Alembic's folder: `env` runs, `versions` holds one file per step. Use `clri.stores.migrate`, never a command line."""
