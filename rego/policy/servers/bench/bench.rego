# METADATA
# title: bench
# description: |
#   Written by `regate scan` from what the server listed, for people to edit: it is not written again. Each tool has the
#   default of its category as a rule; those that only read share one.
#   A tool that is not named here follows the defaults of its category.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.bench

# METADATA
# title: Reading
# description: Where one of these needs a condition, give it a rule of its own that denies; the strictest wins.
rules["*"] contains {
	"id": "reading",
	"action": "allow",
} if input.tool in _reading

_reading := {"echo"}

# METADATA
# title: guarded
# description: Execute, severity high (no_description, unclear)
# scope: rule
# schemas:
#   - input.args: schema.tools.bench.guarded
rules.guarded contains {
	"id": "guarded",
	"action": "require_approval",
	"reason": "What this tool can run is for a person to approve",
	"rate_limit": {"max": 10, "window": 60},
}

# METADATA
# title: limited
# description: Execute, severity high (no_description, unclear)
# scope: rule
# schemas:
#   - input.args: schema.tools.bench.limited
rules.limited contains {
	"id": "limited",
	"action": "require_approval",
	"reason": "What this tool can run is for a person to approve",
	"rate_limit": {"max": 10, "window": 60},
}
