package regate_test

import data.regate

# METADATA
# title: An answer that passes
passed := {"action": "pass", "reasons": [], "rules": [], "malformed": [], "redact": [], "secrets": []}

_redact := {"id": "r", "action": "redact", "reason": "No keys", "secrets": true}

_point := {"id": "p", "action": "redact", "redact": ["/content/0/text", "/a~1b"]}

_refuse := {"id": "f", "action": "refuse", "reason": "Not for agents"}

_answering(rules) := {"servers": {"s": {"results": {"t": rules}}}}

_guarding(rules) := {"guardrails": {"results": rules}}

_answer := {
	"server": "s",
	"tool": "t",
	"method": "tools/call",
	"answer": "result",
	"result": {"content": []},
	"secrets": [
		{"kind": "private_key", "pointer": "/content/0/text", "count": 1},
		{"kind": "jwt", "pointer": "/content/1/text", "count": 2},
	],
	"signals": [],
}

_judge(policy) := _judge_on(policy, _answer)

_judge_on(policy, answer) := result if {
	result := regate.result with data.policy as policy with input as answer
}

test_an_answer_passes_where_no_rule_speaks if {
	_judge({}) == passed
	_judge(_answering(set())) == passed
	_judge_on(_answering({_refuse}), object.union(_answer, {"tool": "other"})) == passed
	_judge_on(_answering({_refuse}), object.union(_answer, {"server": "other"})) == passed
	_judge_on({}, null) == passed
}

test_rules_of_the_tool_of_every_tool_and_guardrails_speak if {
	refused := object.union(passed, {"action": "refuse", "reasons": ["Not for agents"]})
	_judge(_answering({_refuse})) == object.union(refused, {"rules": ["policy.servers.s/f"]})
	_judge({"servers": {"s": {"results": {"*": {_refuse}}}}}) == object.union(refused, {"rules": ["policy.servers.s/f"]})
	_judge(_guarding({_refuse})) == object.union(refused, {"rules": ["policy.guardrails/f"]})
}

test_only_guardrails_speak_to_what_answers_no_call_of_a_tool if {
	answer := object.remove(_answer, {"tool"})
	_judge_on({"servers": {"s": {"results": {"*": {_refuse}}}}}, answer) == passed
	_judge_on(_guarding({_refuse}), answer).action == "refuse"
	_judge_on(_guarding({_refuse}), null).action == "refuse"
}

test_redacts_what_rules_name_and_all_secrets_that_were_found if {
	_judge(_answering({_redact, _point})) == object.union(passed, {
		"action": "redact",
		"reasons": ["No keys"],
		"rules": ["policy.servers.s/p", "policy.servers.s/r"],
		"redact": ["/a~1b", "/content/0/text"],
		"secrets": ["jwt", "private_key"],
	})
}

test_redacts_secrets_of_the_kinds_that_a_rule_names if {
	_judge(_guarding({object.union(_redact, {"secrets": ["private_key"]})})) == object.union(passed, {
		"action": "redact",
		"reasons": ["No keys"],
		"rules": ["policy.guardrails/r"],
		"secrets": ["private_key"],
	})
}

test_refuse_is_stricter_than_redact if {
	policy := object.union(_answering({_redact}), _guarding({_refuse}))
	_judge(policy) == object.union(passed, {
		"action": "refuse",
		"reasons": ["Not for agents"],
		"rules": ["policy.guardrails/f", "policy.servers.s/r"],
		"secrets": ["jwt", "private_key"],
	})
}

test_a_malformed_rule_refuses_and_is_named if {
	rules := {_redact, {"id": "x", "action": "deny"}, "refuse", {"id": 7}, {"id": "y", "action": "redact"}}
	_judge(_answering(rules)) == object.union(passed, {
		"action": "refuse",
		"reasons": ["A rule that speaks to this answer is malformed"],
		"rules": ["policy.servers.s/r"],
		"malformed": [
			"policy.servers.s/(no id): id, no action",
			"policy.servers.s/(no id): not an object",
			"policy.servers.s/x: action",
			"policy.servers.s/y: no redact or secrets",
		],
		"secrets": ["jwt", "private_key"],
	})
}

test_each_field_is_held_to_its_form if {
	every field, value in {"reason": 1, "redact": ["content"], "secrets": "all", "hide": true, "id": ""} {
		_judge(_answering({object.union(_redact, {field: value})})).action == "refuse"
	}
	every field, value in {"secrets": false, "redact": "/a"} {
		_judge(_answering({object.union(_point, {field: value})})).action == "refuse"
	}
	every field, value in {"secrets": true, "redact": []} {
		_judge(_answering({object.union(_refuse, {field: value})})).action == "refuse"
		count(_judge(_answering({object.union(_refuse, {field: value})})).malformed) == 1
	}
	every secrets in [[1], ["jwt", "jwts"]] {
		_judge(_answering({object.union(_redact, {"secrets": secrets})})).action == "refuse"
	}
}

test_results_that_are_no_set_refuse if {
	every rules in [_redact, [_redact], "redact", 7, null, true, false] {
		_judge(_guarding(rules)) == object.union(passed, {
			"action": "refuse",
			"reasons": ["A rule that speaks to this answer is malformed"],
			"malformed": ["policy.guardrails: results are not a set of rules, write `contains`"],
		})
	}
}
