"""A Windows computer, the person who works at it, and what their actions leave behind."""
