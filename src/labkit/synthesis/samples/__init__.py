"""A folder of small files for YARA: regions with the fictional program ``kf_sync``, and clean files beside them.

What is handed out and what rules are tried on follows from seeds; nothing of it is stored.
"""
