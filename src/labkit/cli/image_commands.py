"""All commands of ``labkit image``: those on single entries, and those that go through a whole medium."""

from labkit.cli.image import image
from labkit.cli.image_carve import carve
from labkit.cli.image_digests import hash_command, verify
from labkit.cli.image_hex import hex_command
from labkit.cli.image_search import search
from labkit.cli.image_slack import slack
from labkit.cli.image_timeline import timeline

for command in (hash_command, verify, timeline, search, carve, slack, hex_command):
    image.add_command(command)
