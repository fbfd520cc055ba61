"""What shows how far the work is: on a terminal, in a notebook, or to a function of the user's own."""
