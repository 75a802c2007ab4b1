package custom.regal.rules.regate["vanishing-comparison_test"]

import data.custom.regal.rules.regate["vanishing-comparison"] as rule

_rows(text) := _rows_in("policy.servers.x", text)

_rows_in(name, text) := {violation.location.row | some violation in report} if {
	report := rule.report with input as regal.parse_module("p.rego", concat("", ["package ", name, "\n", text]))
}

test_success_a_negated_helper if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if not _small
		_small if {
			is_number(input.args.n)
			input.args.n <= 100
		}`) == set()
}

test_success_a_rule_that_permits if {
	_rows(`rules.a contains {"id": "a", "action": "allow"} if input.args.n <= 100`) == set()
	_rows(`rules.a contains {"id": "a", "action": "inherit"} if input.args.n != 1`) == set()
}

test_success_an_equality if _rows(`rules.a contains {"id": "a", "action": "deny"} if input.args.n == 1`) == set()

test_success_a_comparison_without_input if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if data.load > 100`) == set()
	_rows(`rules.a contains {"id": "a", "action": "deny"} if {
		some n in data.loads
		n > 100
	}`) == set()
}

test_success_a_helper_of_another_rule if {
	_rows(`rules.a contains {"id": "a", "action": "allow"} if _big
		rules.b contains {"id": "b", "action": "deny"} if input.args.x == 1
		_big if input.args.n > 100`) == set()
}

test_success_a_helper_under_a_negated_helper if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if not _fine
		_fine if _small
		_small if input.args.n <= 100`) == set()
}

test_success_what_another_lint_rule_reports if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if not input.args.n <= 100`) == set()
}

test_success_variables_that_do_not_read_input if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if {
		some n in data.loads
		n > 100
		x := input.args.x
		data.limits.x > 100
	}`) == set()
}

test_success_unequal_with_a_twin_for_absent if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if input.args.n != 1
		rules.a contains {"id": "b", "action": "deny"} if not input.args.n`) == set()
}

test_success_a_twin_for_absent_and_mistyped if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if input.args.n > 100
		rules.a contains {"id": "b", "action": "deny"} if not _is_number
		_is_number if is_number(input.args.n)`) == set()
}

test_fail_each_comparison if {
	every operator in ["!=", "<", "<=", ">", ">="] {
		_rows($"rules.a contains \{\"id\": \"a\", \"action\": \"deny\"} if input.args.n {operator} 100") == {2}
		_rows($"rules.a contains \{\"id\": \"a\", \"action\": \"deny\"} if 100 {operator} count(input.args.n)") == {2}
	}
}

test_fail_each_action_that_tightens if {
	_rows(`rules.a contains {"id": "a", "action": "require_approval"} if input.args.n > 100`) == {2}
	_rows(`rules.a contains {"id": "a", "action": "limit"} if input.args.n > 100`) == {2}
	_rows(`rules.a contains {"id": "a", "action": _action} if input.args.n > 100`) == {2}
	_rows_in("policy.guardrails", `rules contains {"id": "a", "action": "deny"} if input.args.n > 100`) == {2}
	_rows_in("policy.defaults", `rules.Write contains {"id": "a", "action": "deny"} if input.hour < 8`) == {2}
}

test_fail_through_a_variable if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if {
		n := input.args.n
		n > 100
	}`) == {4}
	_rows(`rules.a contains {"id": "a", "action": "deny"} if {
		n = input.args.n
		n > 100
	}`) == {4}
	_rows(`rules.a contains {"id": "a", "action": "deny"} if {
		input.args.n = n
		n > 100
	}`) == {4}
	_rows(`rules.a contains {"id": "a", "action": "deny"} if {
		some n in input.args.ns
		n > 100
	}`) == {4}
	_rows(`rules.a contains {"id": "a", "action": "deny"} if {
		every n in input.args.ns { n > 100 }
	}`) == {3}
}

test_fail_through_a_helper if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if _big
		_big if _very_big
		_very_big if input.args.n > 100`) == {4}
}

test_fail_with_a_twin_of_another_tool if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if input.args.n != 1
		rules.b contains {"id": "b", "action": "deny"} if not input.args.n`) == {2}
}

test_fail_with_a_twin_over_another_field if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if input.args.n != 1
		rules.a contains {"id": "b", "action": "deny"} if not input.args.m`) == {2}
	_rows(`rules.a contains {"id": "a", "action": "deny"} if input.args.n > 1
		rules.a contains {"id": "b", "action": "deny"} if not _is_number
		_is_number if is_number(input.args.m)`) == {2}
}

test_fail_with_a_twin_over_another_index if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if input.args.ns[0] != 1
		rules.a contains {"id": "b", "action": "deny"} if not input.args.ns[1]`) == {2}
}

test_fail_with_a_twin_that_vanishes_too if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if input.args.n != 1
		rules.a contains {"id": "b", "action": "deny"} if not startswith(input.args.n, "a")`) == {2}
}

test_fail_with_a_twin_that_is_not_negated if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if input.args.n > 1
		rules.a contains {"id": "b", "action": "deny"} if _is_number
		_is_number if is_number(input.args.n)`) == {2}
}

test_fail_whatever_the_id_says if {
	_rows(`rules.a contains {"id": "allow", "action": "deny"} if input.args.n > 100`) == {2}
}

test_fail_with_a_twin_that_permits if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if input.args.n != 1
		rules.a contains {"id": "b", "action": "allow"} if not input.args.n`) == {2}
}

test_fail_an_order_with_a_twin_for_absent_only if {
	_rows(`rules.a contains {"id": "a", "action": "deny"} if input.args.n > 100
		rules.a contains {"id": "b", "action": "deny"} if not input.args.n`) == {2}
}
