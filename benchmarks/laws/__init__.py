"""Laws that answers keep: the same scene seen otherwise, and a narrower family, are answered no worse."""
