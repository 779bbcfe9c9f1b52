"""The console: pages for people. They work without JavaScript; with it, they keep themselves current."""
