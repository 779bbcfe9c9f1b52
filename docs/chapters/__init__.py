"""The pages of the reference: each function returns one page, read from the program itself."""
