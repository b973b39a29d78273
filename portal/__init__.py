"""A self-service billing portal for pet insurance; docs/map.md shows the rooms."""

import warnings

# The package with the embedded PostgreSQL falls back to the temporary folder by itself, and says
# so at every start of every command.
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
