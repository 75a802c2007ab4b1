# METADATA
# title: Tests of the form of a rule
package regate.form_test

import data.regate.form

_rule := {"id": "a", "action": "allow"}

_denial := {"id": "a", "action": "deny"}

_largest := 1.7976931348623157e308

test_accepts_the_least_rule if form.faults(_rule, "server") == set()

test_accepts_every_field if {
	rule := {
		"id": "a",
		"action": "deny",
		"reason": "Because",
		"rate_limit": {"max": 10, "window": 60, "per": "principal", "over": "all", "cost": 2.5},
		"approval": {"timeout": 60, "hold": 0},
		"labels": ["pii", "eu"],
		"redact": ["", "/a", "/a~0b~1c/0"],
		"hide": true,
	}
	form.faults(rule, "guardrails") == set()
}

test_names_each_missing_field if form.faults({}, "server") == {"no id", "no action"}

test_names_an_unknown_field if {
	form.faults(object.union(_rule, {"rate_limits": {"max": 1, "window": 1}}), "server") == {"rate_limits"}
}

test_names_a_field_that_is_not_a_string if form.faults(object.union(_rule, {7: true}), "server") == {"7"}

test_refuses_what_is_not_an_object if {
	every value in ["allow", 7, null, true, ["a"], {"a"}] {
		form.faults(value, "server") == {"not an object"}
	}
}

test_refuses_each_wrong_form if {
	every field, values in _wrong {
		every value in values {
			form.faults(object.union(_denial, {field: value}), "server") == {field}
		}
	}
}

test_accepts_each_right_form if {
	every field, values in _right {
		every value in values {
			form.faults(object.union(_denial, {field: value}), "server") == set()
		}
	}
}

test_hides_with_deny_only if {
	form.faults(object.union(_rule, {"hide": true}), "server") == {"hide"}
	form.faults(object.union(_rule, {"hide": false}), "server") == {"hide"}
}

test_each_kind_of_layer_has_its_actions if {
	_actions("server") == {"allow", "limit", "inherit", "require_approval", "deny"}
	_actions("defaults") == {"allow", "limit", "require_approval", "deny"}
	_actions("guardrails") == {"limit", "require_approval", "deny"}
	_actions("another") == {"limit", "require_approval", "deny"}
}

_actions(kind) := {action |
	some action in ["allow", "limit", "inherit", "require_approval", "deny", "permit", "Allow", "", null, 1, ["deny"]]
	form.faults({"id": "a", "action": action}, kind) == set()
}

_wrong := {
	"id": ["", 7, null, true, ["a"]],
	"action": ["permit", "DENY", "", null, ["deny"]],
	"reason": [7, null, ["because"], {"text": "because"}],
	"rate_limit": [
		null,
		10,
		[10, 60],
		{},
		{"max": 10},
		{"window": 60},
		{"max": 0, "window": 60},
		{"max": -1, "window": 60},
		{"max": "10", "window": 60},
		{"max": 1.8e308, "window": 60},
		{"max": 1e400, "window": 60},
		{"max": 10, "window": 0},
		{"max": 10, "window": null},
		{"max": 10, "window": 1e400},
		{"max": 10, "window": 60, "per": "tool"},
		{"max": 10, "window": 60, "per": null},
		{"max": 10, "window": 60, "over": "session"},
		{"max": 10, "window": 60, "over": "all"},
		{"max": 10, "window": 60, "over": "all", "per": "session"},
		{"max": 10, "window": 60, "cost": -1},
		{"max": 10, "window": 60, "cost": "1"},
		{"max": 10, "window": 60, "cost": 1e400},
		{"max": 10, "window": 60, "every": 1},
	],
	"approval": [null, 60, [], {"timeout": 0}, {"timeout": "60"}, {"timeout": 1e400}, {"hold": -1}, {"wait": 1}],
	"labels": [null, "pii", {"pii"}, ["pii", 7]],
	"redact": [null, "/a", {"/a"}, ["a"], ["/a", 7], ["/a~2"], ["/a~"]],
	"hide": [null, "true", 1],
}

_right := {
	"reason": ["", "Because"],
	"rate_limit": [
		{"max": 0.5, "window": 0.1},
		{"max": _largest, "window": _largest, "cost": _largest},
		{"max": 10, "window": 60, "cost": 0},
		{"max": 10, "window": 60, "per": "session", "over": "tool"},
		{"max": 10, "window": 60, "per": "session", "over": "category"},
		{"max": 10, "window": 60, "per": "session", "over": "server"},
		{"max": 10, "window": 60, "per": "principal", "over": "all"},
		{"max": 10, "window": 60, "per": "everyone", "over": "all"},
	],
	"approval": [{}, {"timeout": 1}, {"hold": 0}, {"timeout": 600, "hold": 30}],
	"labels": [[], ["pii", "pii"]],
	"redact": [[], [""], ["/"]],
	"hide": [true, false],
}
