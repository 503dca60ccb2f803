"""Pages for people: guides, forms, feedback, class report."""
