package custom.regal.rules.regate["vanishing-negation_test"]

import data.custom.regal.rules.regate["vanishing-negation"] as rule

_head := `rules.a contains {"id": "a", "action": "deny"} if {`

_rows(condition) := {violation.location.row | some violation in report} if {
	text := concat("\n", ["package policy.servers.x", _head, condition, "}"])
	report := rule.report with input as regal.parse_module("p.rego", text)
}

test_success_what_stays_true if {
	_rows("not input.args.x") == set()
	_rows(`not input.args["x y"]`) == set()
	_rows("not input.args.x == 3") == set()
	_rows("not input.args.x == input.args.y") == set()
	_rows("not input.args.x = 3") == set()
	_rows("not _helper") == set()
	_rows("not _helper == 3") == set()
	_rows("not startswith(_path, \"/srv/\")") == set()
	_rows("not data.paused") == set()
}

test_success_without_not if {
	_rows(`startswith(input.args.x, "/srv/")`) == set()
	_rows("input.args.x == 3") == set()
}

test_fail_a_call if {
	_rows(`not startswith(input.args.x, "/srv/")`) == {3}
	_rows("not is_number(input.args.x)") == {3}
	_rows("not _allowed(input.args.x)") == {3}
	_rows("not _allowed(input)") == {3}
}

test_fail_an_operator if {
	_rows(`not input.args.x in {"a", "b"}`) == {3}
	_rows("not input.args.x != 3") == {3}
	_rows("not input.args.x > 3") == {3}
}

test_fail_a_call_under_an_equality if {
	_rows("not count(input.args.x) == 3") == {3}
	_rows("not 3 == input.args.x + 1") == {3}
}

test_fail_a_list_under_an_equality if _rows("not [input.args.x] == [3]") == {3}

test_fail_a_ref_inside_a_ref if {
	_rows("not data.allowed[input.args.x]") == {3}
	_rows("not input.args[input.args.x]") == {3}
	_rows("not data.allowed[input.args.x] == 3") == {3}
}

test_fail_in_a_nested_body if _rows(`every x in input.args.xs { not startswith(input.args.x, x) }`) == {3}
