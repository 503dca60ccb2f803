"""What every test may count on."""

import signal

# A test run that was started in the background of a script inherits "ignore Ctrl-C" (POSIX shells do that), and so
# would every program that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
