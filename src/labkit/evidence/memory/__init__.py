"""What a computer's main memory held when it was captured: read from a raw image or an ELF core of a Linux kernel.

Written from the kernel's own headers, the Intel manual (SDM volume 3) and the type information of the kernel itself.
"""
