# METADATA
# title: Known arguments only
# description: |
#   A tool with many arguments, of which three are for agents, each with the values that it may have. What the next
#   version of the server adds is denied until somebody lists it.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.cloud

# METADATA
# title: Five machines an hour
rules.start_instance contains {
	"id": "five-an-hour",
	"action": "allow",
	"rate_limit": {"max": 5, "window": 3600, "per": "principal", "cost": _machines},
}

# METADATA
# title: Small machines in Europe
rules.start_instance contains {
	"id": "small-in-europe",
	"action": "deny",
	"reason": "Give type (t3.micro or t3.small), region (eu-central-1 or eu-west-1) and at most count (1 or 2)",
} if not _is_known

default _machines := 1

_machines := input.args.count if _is_known

_is_known if {
	object.keys(input.args) - {"type", "region", "count"} == set()
	input.args.type in {"t3.micro", "t3.small"}
	input.args.region in {"eu-central-1", "eu-west-1"}
	object.get(input.args, "count", 1) in {1, 2}
}
