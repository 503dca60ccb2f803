"""Trainees who know nothing of labkit: each answers one exercise with free programs and the standard library alone."""
