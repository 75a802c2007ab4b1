# METADATA
# title: Tests of the rules for bench
package policy.servers.bench_test

import data.regate

_server := "bench"

test_what_only_reads_is_allowed if {
	every tool in _reading { _decide(tool) == _decision("reading", {}) }
}

test_severe_execution_needs_approval if {
	every tool in _severe {
		_decide(tool) == _decision(tool, {
			"action": "require_approval",
			"reasons": ["What this tool can run is for a person to approve"],
			"rate_limits": _ten_a_minute(tool),
		})
	}
}

_reading := {"echo"}

_severe := {"guarded", "limited"}

_decide(tool) := decision if {
	decision := regate.decision with input as {"server": _server, "tool": tool, "args": {}}
		with data.policy.guardrails.rules as set()
}

_decision(id, more) := object.union(
	{
		"action": "allow",
		"reasons": [],
		"rules": [_rule(id)],
		"malformed": [],
		"rate_limits": [],
		"approval": {"timeout": 300, "hold": 25},
		"labels": [],
		"redact": [],
		"hidden": false,
	},
	more,
)

_ten_a_minute(id) := [{"rule": _rule(id), "max": 10, "window": 60, "per": "session", "over": "tool", "cost": 1}]

_rule(id) := $"policy.servers.bench/{id}"
