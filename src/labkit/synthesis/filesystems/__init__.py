"""One writer for each file system: allocation, deletion, slack, fragments."""
