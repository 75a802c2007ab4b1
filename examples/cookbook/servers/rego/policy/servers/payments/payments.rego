# METADATA
# title: Amounts and daily spend
# description: |
#   A bucket of 1,000 that takes a day to fill lets at most 2,000 pass in any 24 hours: what it holds, and what flows in
#   meanwhile. It counts whole sums: euros and dollars would need a bucket each, so that only euros are paid here.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.payments

# METADATA
# title: 1,000 euros of one agent, refilled over a day
# description: A payment costs what it pays, over all sessions of the agent.
rules.send_payment contains {
	"id": "euros-of-an-agent",
	"action": "allow",
	"rate_limit": {"max": 1000, "window": 86400, "per": "principal", "cost": _euros},
}

# METADATA
# title: 5,000 euros of all agents together
rules.send_payment contains {
	"id": "euros-of-all",
	"action": "limit",
	"rate_limit": {"max": 5000, "window": 86400, "per": "everyone", "cost": _euros},
}

# METADATA
# title: More than 200 euros are a person's decision
rules.send_payment contains {
	"id": "large-approved",
	"action": "require_approval",
	"reason": "Payments of more than 200 euros are for a person to approve",
} if not _is_small

# METADATA
# title: What can't be counted is not paid
rules.send_payment contains {
	"id": "countable",
	"action": "deny",
	"reason": "Give amount as a number above 0, currency as EUR, to, and nothing but a reference besides",
} if not _is_countable

default _euros := 0

_euros := input.args.amount if _is_countable

_is_countable if {
	input.args.currency == "EUR"
	is_number(input.args.amount)
	input.args.amount > 0
	is_string(input.args.to)
	object.keys(input.args) - {"amount", "currency", "to", "reference"} == set()
}

_is_small if {
	is_number(input.args.amount)
	input.args.amount <= 200
}
