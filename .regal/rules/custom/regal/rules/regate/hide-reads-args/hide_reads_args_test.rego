package custom.regal.rules.regate["hide-reads-args_test"]

import data.custom.regal.rules.regate["hide-reads-args"] as rule

_rows(text) := {violation.location.row | some violation in report} if {
	report := rule.report with input as regal.parse_module("p.rego", concat("\n", ["package policy.guardrails", text]))
}

test_success_without_conditions_on_args if {
	_rows(`rules contains {"id": "a", "action": "deny", "hide": true}`) == set()
	_rows(`rules contains {"id": "a", "action": "deny", "hide": true} if input.definition.changed`) == set()
	_rows(`rules contains {"id": "a", "action": "deny", "hide": true} if not _mine
		_mine if input.principal.id == "me"
		_other if input.args.x`) == set()
}

test_success_without_hide if {
	_rows(`rules contains {"id": "a", "action": "deny"} if input.args.x`) == set()
	_rows(`rules contains {"id": "a", "action": "deny", "hide": false} if input.args.x`) == set()
}

test_fail_conditions_on_args if {
	_rows(`rules contains {"id": "a", "action": "deny", "hide": true} if input.args.x`) == {2}
	_rows(`rules contains {"id": "a", "action": "deny", "hide": true} if not input.args`) == {2}
	_rows(`rules contains {"id": "a", "action": "deny", "hide": _hide} if input.args.x`) == {2}
}

test_fail_the_whole_input if _rows(`rules contains {"id": "a", "action": "deny", "hide": true} if f(input)`) == {2}

test_fail_through_helpers if {
	_rows(`rules contains {"id": "a", "action": "deny", "hide": true} if not _plain
		_plain if _plainer
		_plainer if input.args.x == 1`) == {2}
}
