"""Neutron's own calls, made by its own code: of security groups, floating addresses and port forwarding."""

import subprocess
import sys
import threading

from oslo_config import cfg

cfg.CONF([], project="neutron")

from neutron import privileged  # noqa: E402
from neutron.agent.common import utils as common  # noqa: E402
from neutron.agent.linux import ip_conntrack, ip_lib, utils  # noqa: E402

# What asks for privileges runs in this process, which has them.
privileged.default.set_client_mode(False)

original = utils.execute


def execute(command, **options):
    """Neutron's, and what came of it. Its callers look at the exit status alone."""
    command = [str(word) for word in command]
    print("+", *command, flush=True)
    options.update(return_stderr=True)
    try:
        out, err = original(command, **options)
        print(out, err, "accepted", sep="")
    except Exception as fault:  # pylint: disable=broad-except
        print(type(fault).__name__, fault)
        raise
    return out, err


utils.execute = common.execute = execute
device = {"device": "tap12345678-90", "fixed_ips": ["10.0.0.7", "2001:db8::7"], "network_id": "net"}
threading.Thread.start = lambda self: None
manager = ip_conntrack.IpConntrackManager(lambda table: [], {}, {}, execute=execute, zone_per_port=True)
manager.get_device_zone(device)
for rule in (
    {"ethertype": "IPv4", "direction": "ingress", "protocol": "udp"},
    {"ethertype": "IPv4", "direction": "ingress", "protocol": "udp", "mark": 3},
    {"ethertype": "IPv4", "direction": "egress", "protocol": "tcp"},
    {"ethertype": "IPv4", "direction": "egress", "protocol": 0},
    {"ethertype": "IPv4", "direction": "egress"},
    {"ethertype": "IPv6", "direction": "egress", "protocol": "tcp"},
):
    manager.delete_conntrack_state_by_rule([device], rule)
manager.delete_conntrack_state_by_remote_ips([device], "IPv4", {"10.0.0.8"}, mark=3)
while not manager._queue.empty():
    manager._process_queue()

for address in ("198.51.100.10/32", "192.0.2.9", "10.0.0.99/32", "2001:db8::7/128"):
    ip_lib.IPDevice("eth0", namespace=None).delete_conntrack_state(address)
ip_lib.IPDevice("eth0", namespace=None).delete_socket_conntrack_state("203.0.113.5", 8080, "tcp")
sys.stdout.flush()
