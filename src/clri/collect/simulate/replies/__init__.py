"""What each venue answers to REST calls: one file a venue, `ROUTES` by path (VENUES 2)."""
