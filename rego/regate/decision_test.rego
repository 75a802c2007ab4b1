# METADATA
# title: Tests of the decision
# description: |
#   The expectations `allowed` and `denied` serve the tests of policies too: `object.union(regate_test.denied, {...})`
#   says what differs, so that each test asserts a whole decision.
package regate_test

import data.regate

# METADATA
# title: A call that is allowed, with nothing else asked
allowed := {
	"action": "allow",
	"reasons": [],
	"rules": [],
	"malformed": [],
	"rate_limits": [],
	"approval": {"timeout": 300, "hold": 25},
	"labels": [],
	"redact": [],
	"hidden": false,
}

# METADATA
# title: A call that no rule permits
denied := object.union(allowed, {"action": "deny", "reasons": ["No rule permits this call"]})

_allowed := object.union(allowed, {"rules": ["policy.servers.s/a"]})

_allow := {"id": "a", "action": "allow"}

_limit := {"id": "l", "action": "limit", "rate_limit": {"max": 10, "window": 60}}

_ask := {"id": "p", "action": "require_approval", "reason": "Ask first"}

_deny := {"id": "d", "action": "deny", "reason": "Never"}

_on_tool(rules) := {"servers": {"s": {"rules": {"t": rules}}}}

_guarded(rules, guardrails) := object.union(_on_tool(rules), {"guardrails": {"rules": guardrails}})

_decide(policy) := _decide_on(policy, {"server": "s", "tool": "t", "category": "Write"})

_decide_on(policy, call) := decision if {
	decision := regate.decision with data.policy as policy with input as call
}

_filled(name) := {"rule": name, "max": 10, "window": 60, "per": "session", "over": "tool", "cost": 1}

test_denies_where_there_is_no_policy if _decide({}) == denied

test_denies_an_empty_input if {
	_decide_on(_on_tool({_allow}), {}) == denied
	_decide_on(_on_tool({_allow}), null) == denied
}

test_allows_what_a_rule_allows if _decide(_on_tool({_allow})) == _allowed

test_denies_a_named_tool_whose_conditions_do_not_hold if {
	policy := object.union(_on_tool(set()), {"defaults": {"rules": {"Write": {_allow}}}})
	_decide(policy) == object.union(denied, {"reasons": ["Rules for t exist, none permits this call"]})
}

test_limit_permits_nothing if {
	_decide(_on_tool({_limit})) == object.union(denied, {
		"reasons": ["Rules for t exist, none permits this call"],
		"rules": ["policy.servers.s/l"],
		"rate_limits": [_filled("policy.servers.s/l")],
	})
}

test_inherit_alone_permits_nothing if {
	_decide(_on_tool({{"id": "i", "action": "inherit"}})) == object.union(denied, {
		"reasons": ["Rules for t exist, none permits this call"],
		"rules": ["policy.servers.s/i"],
	})
}

test_inherit_allows_what_the_defaults_allow if {
	policy := object.union(
		_on_tool({{"id": "i", "action": "inherit"}}),
		{"defaults": {"rules": {"Write": {_allow}}}},
	)
	_decide(policy) == object.union(_allowed, {"rules": ["policy.defaults/a", "policy.servers.s/i"]})
}

test_approval_is_stricter_than_allow if {
	_decide(_on_tool({_allow, _ask})) == object.union(_allowed, {
		"action": "require_approval",
		"reasons": ["Ask first"],
		"rules": ["policy.servers.s/a", "policy.servers.s/p"],
	})
}

test_approval_alone_permits if {
	_decide(_on_tool({_ask})) == object.union(_allowed, {
		"action": "require_approval",
		"reasons": ["Ask first"],
		"rules": ["policy.servers.s/p"],
	})
}

test_deny_is_strictest if {
	_decide(_on_tool({_allow, _ask, _deny})) == object.union(denied, {
		"reasons": ["Never"],
		"rules": ["policy.servers.s/a", "policy.servers.s/d", "policy.servers.s/p"],
	})
}

test_deny_without_a_reason_gives_none if {
	_decide(_on_tool({{"id": "d", "action": "deny"}})) == object.union(denied, {
		"reasons": [],
		"rules": ["policy.servers.s/d"],
	})
}

test_an_allow_may_give_its_reason if {
	_decide(_on_tool({object.union(_allow, {"reason": "Harmless"})})) == object.union(_allowed, {
		"reasons": ["Harmless"],
	})
}

test_guardrails_tighten if {
	_decide(_guarded({_allow}, {_limit})) == object.union(_allowed, {
		"rules": ["policy.guardrails/l", "policy.servers.s/a"],
		"rate_limits": [_filled("policy.guardrails/l")],
	})
	_decide(_guarded({_allow}, {_ask})) == object.union(_allowed, {
		"action": "require_approval",
		"reasons": ["Ask first"],
		"rules": ["policy.guardrails/p", "policy.servers.s/a"],
	})
	_decide(_guarded({_allow}, {_deny})) == object.union(denied, {
		"reasons": ["Never"],
		"rules": ["policy.guardrails/d", "policy.servers.s/a"],
	})
}

test_guardrails_permit_nothing if {
	_decide({"guardrails": {"rules": {_ask}}}) == object.union(denied, {"rules": ["policy.guardrails/p"]})
}

test_guardrails_that_loosen_are_malformed if {
	every action in ["allow", "inherit"] {
		_decide(_guarded({_allow}, {{"id": "g", "action": action}})) == object.union(denied, {
			"reasons": ["A rule that speaks to this call is malformed"],
			"rules": ["policy.servers.s/a"],
			"malformed": ["policy.guardrails/g: action"],
		})
	}
}

test_a_changed_definition_isdenied_and_hidden_over_any_allow if {
	call := {"server": "s", "tool": "t", "definition": {"catalogued": true, "changed": true}}
	_decide_on(_on_tool({_allow}), call) == object.union(denied, {
		"reasons": ["The tool's definition is not the one that was reviewed"],
		"rules": ["policy.servers.s/a", "regate.guardrails/changed-definition"],
		"hidden": true,
	})
}

test_malformed_rules_deny_and_are_named if {
	rules := {_allow, {"action": "allow"}, {"id": "x", "action": "permit", "rate_limits": {}}, "deny", {"id": 7}}
	_decide(_on_tool(rules)) == object.union(denied, {
		"reasons": ["A rule that speaks to this call is malformed"],
		"rules": ["policy.servers.s/a"],
		"malformed": [
			"policy.servers.s/(no id): id, no action",
			"policy.servers.s/(no id): no id",
			"policy.servers.s/(no id): not an object",
			"policy.servers.s/x: action, rate_limits",
		],
	})
}

test_malformed_rules_deny_with_the_reasons_of_the_denies if {
	_decide(_on_tool({_deny, {"id": "x"}})) == object.union(denied, {
		"reasons": ["A rule that speaks to this call is malformed", "Never"],
		"rules": ["policy.servers.s/d"],
		"malformed": ["policy.servers.s/x: no action"],
	})
}

test_a_layer_that_is_not_a_set_denies if {
	every layer in [_allow, [_allow], "allow", 7, null, true, false] {
		_decide(_guarded({_allow}, layer)) == object.union(denied, {
			"reasons": ["A rule that speaks to this call is malformed"],
			"rules": ["policy.servers.s/a"],
			"malformed": ["policy.guardrails: not a set of rules, write `contains`"],
		})
		_decide(_on_tool(layer)) == object.union(denied, {
			"reasons": ["A rule that speaks to this call is malformed"],
			"malformed": ["policy.servers.s: not a set of rules, write `contains`"],
		})
	}
}

test_all_matched_limits_apply_sorted_and_filled_in if {
	own := {
		{"id": "b", "action": "allow", "rate_limit": {"max": 10, "window": 60}},
		{"id": "c", "action": "limit", "rate_limit": {
			"max": 5,
			"window": 1.5,
			"per": "everyone",
			"over": "all",
			"cost": 0,
		}},
	}
	_decide(_guarded(own, {_limit})) == object.union(_allowed, {
		"rules": ["policy.guardrails/l", "policy.servers.s/b", "policy.servers.s/c"],
		"rate_limits": [
			_filled("policy.guardrails/l"),
			_filled("policy.servers.s/b"),
			{"rule": "policy.servers.s/c", "max": 5, "window": 1.5, "per": "everyone", "over": "all", "cost": 0},
		],
	})
}

test_the_least_of_each_wait_wins if {
	rules := {
		object.union(_ask, {"approval": {"timeout": 900, "hold": 30}}),
		{"id": "q", "action": "require_approval", "approval": {"timeout": 600}},
		{"id": "r", "action": "allow", "approval": {"hold": 40}},
	}
	_decide(_on_tool(rules)) == object.union(_allowed, {
		"action": "require_approval",
		"reasons": ["Ask first"],
		"rules": ["policy.servers.s/p", "policy.servers.s/q", "policy.servers.s/r"],
		"approval": {"timeout": 600, "hold": 30},
	})
}

test_labels_and_pointers_are_united_and_sorted if {
	rules := {
		object.union(_allow, {"labels": ["pii", "eu"], "redact": ["/b", "/a"]}),
		{"id": "b", "action": "limit", "labels": ["eu", "cost"], "redact": ["/a", "/c/0"]},
	}
	_decide(_on_tool(rules)) == object.union(_allowed, {
		"rules": ["policy.servers.s/a", "policy.servers.s/b"],
		"labels": ["cost", "eu", "pii"],
		"redact": ["/a", "/b", "/c/0"],
	})
}

test_hides_where_a_matched_deny_says_so if {
	expected := object.union(denied, {"reasons": ["Never"], "rules": ["policy.servers.s/d"]})
	_decide(_on_tool({object.union(_deny, {"hide": true})})) == object.union(expected, {"hidden": true})
	_decide(_on_tool({object.union(_deny, {"hide": false})})) == expected
}

test_says_which_method_has_rules_but_none_that_permits if {
	policy := {"servers": {"s": {"methods": {"resources/read": set()}}}}
	_decide_on(policy, {"server": "s", "method": "resources/read"}) == object.union(denied, {
		"reasons": ["Rules for resources/read exist, none permits this call"],
	})
}
