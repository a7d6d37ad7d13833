"""How many bikes are rented in an hour."""
