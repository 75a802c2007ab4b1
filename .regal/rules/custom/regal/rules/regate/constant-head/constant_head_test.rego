package custom.regal.rules.regate["constant-head_test"]

import data.custom.regal.rules.regate["constant-head"] as rule

_rows(text) := {violation.location.row | some violation in report} if {
	report := rule.report with input as regal.parse_module("p.rego", concat("\n", ["package policy.servers.x", text]))
}

test_success_constants if {
	_rows(`rules.a contains {"id": "a", "labels": ["b"], "rate_limit": {"max": 1, "window": 1}}`) == set()
}

test_success_template_strings if {
	_rows(`rules.a contains {"id": "a", "reason": $"{input.args.x} and {count(input.args.y)}"}`) == set()
}

test_success_a_name_with_a_default if {
	_rows(`rules.a contains {"id": "a", "rate_limit": {"max": 9, "window": 1, "cost": _cost}}
		default _cost := 1
		_cost := input.args.n`) == set()
}

test_success_a_constant_name if {
	_rows(`rules.a contains {"id": "a", "rate_limit": _limit}
		_limit := {"max": 9, "window": 1}`) == set()
}

test_fail_a_ref if _rows(`rules.a contains {"id": "a", "rate_limit": {"max": input.args.n, "window": 1}}`) == {2}

test_fail_a_ref_to_data if _rows(`rules.a contains {"id": "a", "rate_limit": data.limits.a}`) == {2}

test_fail_a_call if {
	_rows(`rules.a contains {"id": "a", "reason": concat(" ", ["No", input.args.x])}`) == {2}
	_rows(`rules.a contains {"id": "a", "rate_limit": {"max": 9, "window": 1, "cost": count(input.args.x)}}`) == {2}
}

test_fail_a_name_that_may_be_undefined if {
	_rows(`rules.a contains {"id": "a", "rate_limit": {"max": 9, "window": 1, "cost": _cost}}
		_cost := input.args.n`) == {2}
	_rows(`rules.a contains {"id": "a", "reason": _reason}
		_reason := "a" if input.args.n`) == {2}
}

test_fail_a_variable_of_the_body if {
	_rows(`rules.a contains {"id": "a", "labels": [x]} if x := input.args.x`) == {2}
	_rows(`rules.a contains rule if rule := {"id": "a"}`) == {2}
}

test_fail_a_part_of_a_constant_name if {
	_rows(`rules.a contains {"id": "a", "rate_limit": _limits.b}
		_limits := {"a": {"max": 9, "window": 1}}`) == {2}
}

test_fail_a_comprehension if _rows(`rules.a contains {"id": "a", "labels": [x | some x in input.args.x]}`) == {2}

test_fail_beside_a_template_string if {
	_rows(`rules.a contains {"id": "a", "reason": $"{input.args.x}", "labels": [input.args.x]}`) == {2}
}
