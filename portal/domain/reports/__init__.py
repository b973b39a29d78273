"""What is read across rooms: searches, overviews and counts; changes nothing."""
