"""A frozen view in; mail, PDF or chart out, in either language; knows neither Flask nor a table."""
