package custom.regal.rules.regate["rule-id_test"]

import data.custom.regal.rules.regate["rule-id"] as rule

_rows(text) := {violation.location.row | some violation in report} if {
	report := rule.report with input as regal.parse_module("p.rego", concat("\n", ["package policy.servers.x", text]))
}

test_success_an_id_for_each if {
	_rows(`rules.a contains {"id": "a", "action": "deny"}
		rules.a contains {"id": "b", "action": "allow"}
		methods.a contains {"id": "c", "action": "allow"}`) == set()
}

test_success_what_speaks_to_no_call if {
	_rows(`_rules contains {"action": "deny"}
		labels contains {"id": "a"}
		rules.a contains {"id": "a", "action": "deny"}
		labels contains {"id": "a", "x": 1}`) == set()
}

test_fail_without_an_id if {
	_rows(`rules.a contains {"action": "deny"}`) == {2}
	_rows(`methods["x/y"] contains {"action": "deny"}`) == {2}
	_rows(`rules.a contains rule if rule := {"id": "a", "action": "deny"}`) == {2}
}

test_fail_an_id_that_is_not_written_out if {
	_rows(`rules.a contains {"id": "", "action": "deny"}`) == {2}
	_rows(`rules.a contains {"id": 7, "action": "deny"}`) == {2}
	_rows(`rules.a contains {"id": _id, "action": "deny"}
		_id := "a"`) == {2}
	_rows(`rules.a contains {"id": $"a-{input.tool}", "action": "deny"}`) == {2}
}

test_fail_an_id_that_is_there_before if {
	_rows(`rules.a contains {"id": "a", "action": "deny"}
		rules.b contains {"id": "b", "action": "deny"}
		rules.c contains {"id": "a", "action": "allow"}
		methods.d contains {"id": "a", "action": "allow"}`) == {4, 5}
}
