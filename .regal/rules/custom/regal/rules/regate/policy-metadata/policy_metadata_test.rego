package custom.regal.rules.regate["policy-metadata_test"]

import data.custom.regal.rules.regate["policy-metadata"] as rule

_rows(text) := {violation.location.row | some violation in report} if {
	report := rule.report with input as regal.parse_module("p.rego", text)
}

_titled(text) := _rows(concat("\n", [
	"# METADATA",
	"# title: X",
	"# scope: package",
	"package policy.servers.x",
	text,
]))

test_success_a_title_for_each if {
	_titled(`# METADATA
# title: A
rules.a contains {"id": "a", "action": "deny"}

# METADATA
# title: B
rules.a contains {"id": "b", "action": "deny"} if _small

_small if input.args.n == 1`) == set()
}

test_success_what_speaks_to_no_call if {
	_rows(`package authz
		rules.a contains {"id": "a"}`) == set()
	_rows(`package policy.servers.x_test
		rules.a contains {"id": "a"}`) == set()
}

test_fail_a_package_without_a_title if {
	_rows("package policy.servers.x") == {1}
	_rows("package policy.defaults") == {1}
	_rows("package policy.lib.paths") == {1}
	_rows(`# METADATA
# description: It has no title
package policy.guardrails`) == {3}
}

test_fail_a_rule_without_a_title if {
	_titled(`rules.a contains {"id": "a", "action": "deny"}`) == {5}
	_titled(`methods["*"] contains {"id": "a", "action": "deny"}`) == {5}
	_titled(`# METADATA
# description: It has no title
rules.a contains {"id": "a", "action": "deny"}`) == {7}
}

test_fail_each_rule_of_a_tool_by_itself if {
	_titled(`# METADATA
# title: A
rules.a contains {"id": "a", "action": "deny"}

rules.a contains {"id": "b", "action": "deny"}`) == {9}
}
