"""How requests become calls and calls become answers, apart from what any object means."""
