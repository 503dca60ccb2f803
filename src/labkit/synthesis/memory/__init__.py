"""Memory images: a base that was captured once, with the values of one trainee put into a copy of it.

What a base is and how it is made stands in ``docs/developer/memory-base.md``.
"""
