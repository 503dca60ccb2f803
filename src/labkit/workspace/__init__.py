"""The trainee's folder: pack in, evidence, examination log, submissions out."""
