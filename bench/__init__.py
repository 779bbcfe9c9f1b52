"""What ``make bench`` measures: real processes over real HTTP, on a PostgreSQL of their own."""
