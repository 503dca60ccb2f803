"""What browsers keep of pages and downloads."""
