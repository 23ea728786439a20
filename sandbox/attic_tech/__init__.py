"""A pretend Attic Tech: Payload's REST API as far as the program and its tests need it, over a real
socket.
"""

from sandbox.attic_tech.server import AtticTechSandbox
from sandbox.attic_tech.system import API_KEY, EMAIL, PASSWORD

__all__ = ["API_KEY", "EMAIL", "PASSWORD", "AtticTechSandbox"]
