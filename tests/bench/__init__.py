"""The stories of the simulator, short, as part of every test run."""
