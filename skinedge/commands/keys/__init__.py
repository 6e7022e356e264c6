"""`skinedge keys`: who made a bundle, and whom to trust."""

from __future__ import annotations

from skinedge.commands.keys.new import new
from skinedge.commands.keys.sign import sign
from skinedge.commands.keys.trust import trust
from skinedge.commands.keys.verify import verify
from skinedge.commands.options import new_group

group = new_group("Makes keys, signs bundles, and says whom to trust.", new, sign, verify, trust)
