# METADATA
# title: The decision on one call
# description: |
#   Checks the rules of every layer that speaks to a call and lets the strictest win. It must not fail open: where
#   nothing permits a call, or anything that speaks is malformed, the answer is deny.
#
#   A rule is known as `<package>/<id>`. The package is written without `data.`, its parts joined by dots, and a part
#   that is not a plain identifier (`[A-Za-z_][A-Za-z0-9_]*`) in brackets and double quotes, with nothing escaped:
#   `policy.defaults/read-allowed`, `policy.servers.everything/no-environment`,
#   `policy.servers["awslabs.aws-iot-sitewise-mcp-server"]/ten-keys-a-minute`.
# scope: package
# schemas:
#   - input: schema.input
package regate

import data.regate.form
import data.regate.layers

# METADATA
# title: Decision
# description: What the policy answers for one call. Arrays are sorted, because WASM iterates in hash order.
# entrypoint: true
decision := {
	"action": _action,
	"reasons": sort(_reasons),
	"rules": sort({match.name | some match in _matches}),
	"malformed": sort(_malformed),
	"rate_limits": [limit | some [_, limit] in sort(_rate_limits)],
	"approval": {"timeout": _timeout, "hold": _hold},
	"labels": sort({label | some match in _matches; some label in match.rule.labels}),
	"redact": sort({pointer | some match in _matches; some pointer in match.rule.redact}),
	"hidden": _hidden,
}

default _action := "deny"

_action := "allow" if {
	_permitted
	not "require_approval" in _actions
}

_action := "require_approval" if {
	_permitted
	"require_approval" in _actions
}

_permitted if {
	count(_malformed) == 0
	not "deny" in _actions
	_some_rule_permits
}

_some_rule_permits if {
	some match in _matches
	match.kind in {"server", "defaults"}
	match.rule.action in {"allow", "require_approval"}
}

_actions contains match.rule.action if some match in _matches

# The agent reads these: what the rules' authors wrote for it, and nothing of what `malformed` tells the log.
_reasons contains match.rule.reason if {
	some match in _matches
	match.rule.action == _action
}

_reasons contains "A rule that speaks to this call is malformed" if count(_malformed) > 0

_reasons contains $"Rules for {layers.named} exist, none permits this call" if {
	_nothing_speaks_up
	layers.named
}

_reasons contains "No rule permits this call" if {
	_nothing_speaks_up
	not layers.named
}

_nothing_speaks_up if {
	count(_malformed) == 0
	not "deny" in _actions
	not _some_rule_permits
}

_limit_defaults := {"per": "session", "over": "tool", "cost": 1}

# With the name in front, they are sorted by it.
_rate_limits contains [match.name, object.union_n([_limit_defaults, match.rule.rate_limit, {"rule": match.name}])] if {
	some match in _matches
}

default _timeout := 300

_timeout := min({match.rule.approval.timeout | some match in _matches})

default _hold := 25

_hold := min({match.rule.approval.hold | some match in _matches})

default _hidden := false

_hidden if {
	some match in _matches
	match.rule.hide
}

_matches := [match |
	some spoken in _spoken
	spoken.faults == set()
	match := {"name": $"{spoken.package}/{spoken.rule.id}", "kind": spoken.kind, "rule": spoken.rule}
]

_malformed contains $"{spoken.package}/{_id_of(spoken.rule)}: {concat(", ", sort(spoken.faults))}" if {
	some spoken in _spoken
	spoken.faults != set()
}

_malformed contains $"{layer.package}: not a set of rules, write `contains`" if {
	some layer in layers.speaking
	not is_set(layer.rules)
}

_spoken := [{"package": layer.package, "kind": layer.kind, "rule": rule, "faults": form.faults(rule, layer.kind)} |
	some layer in layers.speaking
	is_set(layer.rules)
	some rule in layer.rules
]

_id_of(rule) := rule.id if is_string(rule.id)

else := "(no id)"
