# METADATA
# title: Tests of the defaults
package policy.defaults_test

import data.regate
import data.regate_test

_tool(category, severity) := {"server": "unheard-of", "tool": "t", "category": category, "severity": severity}

_decide(call) := decision if {
	decision := regate.decision with input as call
}

_decide_tool(category, severity) := _decide(_tool(category, severity))

_decide_method(method, direction) := _decide({"server": "unheard-of", "method": method, "direction": direction})

_ten_a_minute(rule) := {"rule": rule, "max": 10, "window": 60, "per": "session", "over": "tool", "cost": 1}

_severities := ["low", "medium", "high", "critical", null, "Low", 7]

test_reading_is_allowed if {
	every severity in _severities {
		_decide_tool("Read", severity) == object.union(regate_test.allowed, {"rules": ["policy.defaults/read-allowed"]})
	}
}

test_writing_is_limited if {
	every severity in _severities {
		_decide_tool("Write", severity) == object.union(regate_test.allowed, {
			"rules": ["policy.defaults/write-limited"],
			"rate_limits": [_ten_a_minute("policy.defaults/write-limited")],
		})
	}
}

test_mild_execution_is_limited if {
	every severity in ["low", "medium"] {
		_decide_tool("Execute", severity) == object.union(regate_test.allowed, {
			"rules": ["policy.defaults/execute-limited"],
			"rate_limits": [_ten_a_minute("policy.defaults/execute-limited")],
		})
	}
}

test_severe_execution_needs_approval if {
	every severity in ["high", "critical"] { _decide_tool("Execute", severity) == _severe_execution }
}

test_execution_of_unknown_severity_needs_approval if {
	_decide({"server": "unheard-of", "tool": "t", "category": "Execute"}) == _severe_execution
	every severity in [null, "", "Low", 1, ["low"]] { _decide_tool("Execute", severity) == _severe_execution }
}

_severe_execution := object.union(regate_test.allowed, {
	"action": "require_approval",
	"reasons": ["What this tool can run is for a person to approve"],
	"rules": ["policy.defaults/execute-limited", "policy.defaults/severe-execution"],
	"rate_limits": [_ten_a_minute("policy.defaults/execute-limited")],
})

test_money_needs_approval if {
	every severity in _severities {
		_decide_tool("Financial", severity) == object.union(regate_test.allowed, {
			"action": "require_approval",
			"reasons": ["Moving money, or changing what is owed, is for a person to approve"],
			"rules": ["policy.defaults/money-approved"],
		})
	}
}

test_destruction_is_denied_and_hidden if {
	every severity in _severities {
		_decide_tool("Destructive", severity) == object.union(regate_test.denied, {
			"reasons": ["What can't be undone is done by people, not by agents"],
			"rules": ["policy.defaults/destruction-denied"],
			"hidden": true,
		})
	}
}

test_the_unknown_is_denied if {
	_decide_tool("Unknown", "low") == object.union(regate_test.denied, {
		"reasons": ["Nobody has reviewed or classified this tool yet"],
		"rules": ["policy.defaults/unknown-denied"],
	})
}

test_a_category_that_does_not_exist_is_denied if {
	_decide({"server": "unheard-of", "tool": "t"}) == regate_test.denied
	every category in ["read", "Admin", "", null, 1, ["Read"], {"Read": true}] {
		_decide_tool(category, "low") == regate_test.denied
	}
}

test_the_protocol_works_from_the_client if {
	every method in _protocol {
		_decide_method(method, "to_server") == object.union(regate_test.allowed, {"rules": ["policy.defaults/protocol"]})
		_decide_method(method, "from_server") == regate_test.denied
	}
}

test_a_method_without_a_direction_comes_from_the_client if {
	expected := object.union(regate_test.allowed, {"rules": ["policy.defaults/protocol"]})
	_decide({"server": "unheard-of", "method": "tools/list"}) == expected
	_decide({"server": "unheard-of", "method": "sampling/createMessage"}) == regate_test.denied
}

test_reading_a_resource_or_prompt_counts_as_a_read if {
	every method in ["resources/read", "prompts/get"] {
		expected := object.union(regate_test.allowed, {"rules": ["policy.defaults/read-allowed"]})
		_decide_method(method, "to_server") == expected
		_decide_method(method, "from_server") == regate_test.denied
	}
}

test_a_server_may_ask_its_client if {
	every method in ["elicitation/create", "roots/list", "sampling/createMessage"] {
		_decide_method(method, "from_server") == object.union(regate_test.allowed, {
			"rules": ["policy.defaults/asked-by-the-server"],
		})
		_decide_method(method, "to_server") == regate_test.denied
	}
}

test_liveness_tasks_and_notifications_go_both_ways if {
	every method, rule in _both_ways {
		every direction in ["to_server", "from_server"] {
			_decide_method(method, direction) == object.union(regate_test.allowed, {"rules": [rule]})
		}
	}
}

test_unknown_methods_are_denied if {
	every method in ["", "tools/delete", "Initialize", "tasks", "tasks/x", "x/notifications/", null, 7, ["ping"]] {
		every direction in ["to_server", "from_server"] { _decide_method(method, direction) == regate_test.denied }
	}
}

test_unknown_directions_are_denied if {
	every direction in ["", "both", null, 7] {
		every method in ["ping", "tools/list", "notifications/x"] {
			_decide_method(method, direction) == regate_test.denied
		}
	}
}

_protocol := [
	"completion/complete",
	"initialize",
	"logging/setLevel",
	"prompts/list",
	"resources/list",
	"resources/subscribe",
	"resources/templates/list",
	"resources/unsubscribe",
	"server/discover",
	"subscriptions/listen",
	"tools/list",
]

_both_ways := {
	"ping": "policy.defaults/ping",
	"tasks/get": "policy.defaults/tasks",
	"tasks/cancel": "policy.defaults/tasks",
	"notifications/initialized": "policy.defaults/notifications",
	"notifications/of/a/server": "policy.defaults/notifications",
}
