# METADATA
# title: What the tests of the servers' rules share
# description: |
#   Judges a call of a tool as the catalogue has it, and says what the defaults of a category add to a decision, so that
#   each test asserts a whole one: `object.union(written([_rule("a")]), {...})`.
package policy.servers_test

import data.regate
import data.regate_test

# METADATA
# title: The decision on a call
decide(server, tool, args) := decision if {
	reviewed := data.catalogue[server].tools[tool]
	decision := regate.decision with input as {
		"server": server,
		"tool": tool,
		"category": reviewed.category,
		"severity": reviewed.severity,
		"args": args,
	}
}

# METADATA
# title: A limit as a decision has it
limit(rule, fields) := object.union({"rule": rule, "per": "session", "over": "tool", "cost": 1}, fields)

# METADATA
# title: A call that is allowed by these rules, and by none of the defaults
allowed(rules) := object.union(regate_test.allowed, {"rules": sort(rules)})

# METADATA
# title: What the defaults say of reading
read(rules) := allowed(array.concat(["policy.defaults/read-allowed"], rules))

# METADATA
# title: What the defaults say of writing
written(rules) := _ten_a_minute("policy.defaults/write-limited", rules)

# METADATA
# title: What the defaults say of executing
executed(rules) := _ten_a_minute("policy.defaults/execute-limited", rules)

# METADATA
# title: What the defaults say of executing what is severe
severe(rules) := object.union(executed(array.concat(["policy.defaults/severe-execution"], rules)), {
	"action": "require_approval",
	"reasons": ["What this tool can run is for a person to approve"],
})

# METADATA
# title: What the defaults say of money
paid(rules) := asked(
	allowed(array.concat(["policy.defaults/money-approved"], rules)),
	["Moving money, or changing what is owed, is for a person to approve"],
)

# METADATA
# title: What the defaults say of destruction
destroyed := object.union(
	refused(
		allowed(["policy.defaults/destruction-denied"]),
		"What can't be undone is done by people, not by agents",
	),
	{"hidden": true},
)

# METADATA
# title: The same decision, but for a person to approve
asked(decision, reasons) := object.union(decision, {"action": "require_approval", "reasons": sort(reasons)})

# METADATA
# title: The same decision, but denied for this reason
refused(decision, reason) := object.union(decision, {"action": "deny", "reasons": [reason]})

# METADATA
# title: Tools that are not allowed outright
# description: Those of a server's catalogue that are denied, or need a person, when they are called with `args`.
restricted(server, args) := {tool |
	some tool, _ in data.catalogue[server].tools
	not decide(server, tool, args).action == "allow"
}

_ten_a_minute(rule, rules) := object.union(allowed(array.concat([rule], rules)), {"rate_limits": [limit(rule, {
	"max": 10,
	"window": 60,
})]})

test_every_server_of_the_catalogue_has_rules if {
	every server, _ in data.catalogue { data.policy.servers[server].rules }
}

test_every_rule_by_name_speaks_for_a_tool_of_the_catalogue if {
	every server, reviewed in data.catalogue {
		(object.keys(data.policy.servers[server].rules) - object.keys(reviewed.tools)) - {"*"} == set()
	}
}
