"""What every room may rely on: money, time, numbers, errors, the database; knows no room."""
