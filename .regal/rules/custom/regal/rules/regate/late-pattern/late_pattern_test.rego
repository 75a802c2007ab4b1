package custom.regal.rules.regate["late-pattern_test"]

import data.custom.regal.rules.regate["late-pattern"] as rule

_rows(text) := _rows_in("policy.guardrails", text)

_rows_in(name, text) := {violation.location.row | some violation in report} if {
	report := rule.report with input as regal.parse_module("p.rego", $"package {name}\n{text}")
}

_by_pattern(head) := $`{head} contains \{"id": "a", "action": "deny"} if regex.match("^a", input.tool)`

_if(condition) := $"rules contains \{\"id\": \"a\", \"action\": \"deny\"} if \{\n{condition}\n}"

test_success_behind_an_equality if {
	_rows(_if("input.tool == \"a\"\nregex.match(\"^a\", input.args.x)")) == set()
	_rows(_if("input.tool = \"a\"\nglob.match(\"a*\", [], input.args.x)")) == set()
	_rows(_if("\"a\" == input.server\nnot regex.match(\"^a\", input.tool)")) == set()
	_rows(_if("input.tool in {\"a\"}\nregex.match(\"^a\", input.args.x)")) == set()
	_rows(_if("input.tool == \"a\"\nx := input.args.x\nregex.match(\"^a\", x)")) == set()
}

test_success_behind_a_lookup if {
	_rows(_if("_watched[input.tool]\nregex.match(\"^a\", input.args.x)")) == set()
	_rows(_if("data.policy.lib.watched[input.tool]\nregex.match(\"^a\", input.args.x)")) == set()
}

test_success_in_a_rule_of_one_tool if {
	every head in ["rules.a", "methods.a"] { _rows_in("policy.servers.x", _by_pattern(head)) == set() }
}

test_success_in_a_guarded_helper if {
	_rows(`rules contains {"id": "a", "action": "deny"} if _bad
		_bad if {
			input.tool == "a"
			regex.match("^a", input.args.x)
		}`) == set()
	_rows(`rules contains {"id": "a", "action": "deny"} if {
			input.tool == "a"
			_bad
		}
		_bad if regex.match("^a", input.args.x)`) == set()
}

test_success_without_a_pattern if {
	_rows(_if("startswith(input.tool, \"a\")")) == set()
	_rows(_if("input.args.regex")) == set()
	_rows(`rules contains {"id": "a", "action": "deny"} if input.args.x
		_unused if regex.match("^a", input.args.x)`) == set()
}

test_success_what_speaks_to_no_call if {
	_rows_in("policy.lib", _if(`regex.match("^a", input.tool)`)) == set()
	_rows_in("policy.servers.x_test", _if(`regex.match("^a", input.tool)`)) == set()
}

test_fail_each_pattern if {
	every call in [
		`regex.match("^a", input.tool)`,
		`not regex.match("^a", input.tool)`,
		`glob.match("a*", [], input.tool)`,
		`x := regex.find_all_string_submatch_n("^a", input.tool, 1)`,
		`some x in input.args.xs; regex.match("^a", x)`,
		`every x in input.args.xs { regex.match("^a", x) }`,
		`count([x | some x in input.args.xs; regex.match("^a", x)]) > 0`,
	] {
		_rows(_if(call)) == {3}
	}
}

test_fail_in_each_layer_that_speaks_to_many_tools if {
	every name in ["policy.guardrails", "regate.guardrails"] { _rows_in(name, _by_pattern("rules")) == {2} }
	every head in ["rules.Read", `methods["*"]`] { _rows_in("policy.defaults", _by_pattern(head)) == {2} }
	every head in [`rules["*"]`, `methods["*"]`, "rules[x]"] { _rows_in("policy.servers.x", _by_pattern(head)) == {2} }
}

test_fail_before_the_equality if {
	_rows(_if("regex.match(\"^a\", input.args.x)\ninput.tool == \"a\"")) == {3}
}

test_fail_behind_what_is_no_guard if {
	every line in [
		`not input.tool == "a"`,
		`input.tool != "a"`,
		"input.args.x",
		"_x == 3",
		"_x.y == 3",
		"input.args[input.tool]",
		"data.policy.lib.on",
		`startswith(input.tool, "a")`,
		`count(input.args.x) == 3`,
		`not data.policy.lib.watched[input.tool]`,
		`not input.tool in {"a"}`,
	] {
		_rows(_if($"{line}\nregex.match(\"^a\", input.args.x)")) == {4}
	}
}

test_fail_through_helpers if {
	_rows(`rules contains {"id": "a", "action": "deny"} if not _fine
		_fine if _finer
		_finer if regex.match("^a", input.args.x)`) == {2}
	_rows(`rules contains {"id": "a", "action": "deny"} if _fits(input.tool)
		_fits(name) := regex.match("^a", name)`) == {2}
	_rows(`rules contains {"id": "a", "action": "deny"} if count(_found) > 0
		_found := [x | some x in input.args.xs; regex.match("^a", x)]`) == {2}
}

test_fail_in_a_helper_that_is_guarded_too_late if {
	_rows(`rules contains {"id": "a", "action": "deny"} if _bad
		_bad if {
			regex.match("^a", input.args.x)
			input.tool == "a"
		}`) == {2}
}
