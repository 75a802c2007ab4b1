package custom.regal.rules.regate["rule-shape_test"]

import data.custom.regal.rules.regate["rule-shape"] as rule

_rows("server", text) := _rows_in("policy.servers.x", text)

_rows("defaults", text) := _rows_in("policy.defaults", text)

_rows("guardrails", text) := _rows_in("policy.guardrails", text)

_rows_in(name, text) := {violation.location.row | some violation in report} if {
	report := rule.report with input as regal.parse_module("p.rego", $"package {name}\n{text}")
}

test_success_constant_names if {
	_rows("server", `rules.tool contains {"id": "a"}`) == set()
	_rows("server", `rules["*"] contains {"id": "a"} if input.tool in {"b"}`) == set()
	_rows("server", `methods["resources/read"] contains {"id": "a"}`) == set()
	_rows("defaults", `rules.Read contains {"id": "a"}`) == set()
	_rows("guardrails", `rules contains {"id": "a"}`) == set()
	_rows_in("regate.guardrails", `rules contains {"id": "a"}`) == set()
}

test_success_helpers_and_other_packages if {
	_rows("server", `_rules[x] := 1 if some x in input.args`) == set()
	_rows_in("policy.helpers", `rules[x] contains 1 if some x in input.args`) == set()
	_rows_in("policy.servers.x_test", `rules[x] contains 1 if some x in input.args`) == set()
	_rows_in("authz.servers.x", `rules[x] contains 1 if some x in input.args`) == set()
	_rows_in("authz", `rules[x] contains 1 if some x in input.args`) == set()
}

test_fail_a_variable_in_the_name if {
	_rows("server", `rules[x] contains {"id": "a"} if some x in {"b"}`) == {2}
	_rows("server", `methods[x] contains {"id": "a"} if some x in {"b"}`) == {2}
	_rows("defaults", `rules[input.category] contains {"id": "a"}`) == {2}
}

test_fail_another_depth if {
	_rows("server", `rules contains {"id": "a"}`) == {2}
	_rows("server", `rules.a.b contains {"id": "a"}`) == {2}
	_rows("defaults", `rules contains {"id": "a"}`) == {2}
	_rows("guardrails", `rules.a contains {"id": "a"}`) == {2}
	_rows("guardrails", `methods contains {"id": "a"}`) == {2}
	_rows_in("regate.guardrails", `rules.a contains {"id": "a"}`) == {2}
}

test_fail_what_is_not_a_set if {
	_rows("server", `rules.a := {"id": "a"}`) == {2}
	_rows("server", `rules.a.b := {"id": "a"}`) == {2}
	_rows("server", `rules := {"a": []}`) == {2}
	_rows("guardrails", `rules := [{"id": "a"}]`) == {2}
	_rows("guardrails", "rules if input.x") == {2}
	_rows("server", "rules(x) := x") == {2}
}
