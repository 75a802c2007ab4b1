package regate

import data.regate.answers

# METADATA
# title: The decision on one answer
# description: |
#   What becomes of what a server said: the strictest rule that matches wins, refuse before redact; where none matches,
#   it passes. It must not fail open: where anything that speaks is malformed, the answer is refused. `redact` are JSON
#   pointers into `input.result`; `secrets` the kinds of secrets whose text is masked wherever it was found.
#
#   It is an entrypoint of bundles only where a rule speaks to answers: others pay nothing for it.
result := {
	"action": _result_action,
	"reasons": sort(_result_reasons),
	"rules": sort({match.name | some match in _result_matches}),
	"malformed": sort(_result_malformed),
	"redact": sort({pointer | some match in _result_matches; some pointer in match.rule.redact}),
	"secrets": sort(_result_secrets),
}

default _result_action := "pass"

_result_action := "refuse" if _result_refused

_result_action := "redact" if {
	not _result_refused
	some match in _result_matches
	match.rule.action == "redact"
}

_result_refused if count(_result_malformed) > 0

_result_refused if {
	some match in _result_matches
	match.rule.action == "refuse"
}

_result_reasons contains match.rule.reason if {
	some match in _result_matches
	match.rule.action == _result_action
}

_result_reasons contains "A rule that speaks to this answer is malformed" if count(_result_malformed) > 0

_result_secrets contains secret.kind if {
	some match in _result_matches
	match.rule.secrets == true
	some secret in input.secrets
}

_result_secrets contains kind if {
	some match in _result_matches
	is_array(match.rule.secrets)
	some kind in match.rule.secrets
}

_result_matches := [match |
	some spoken in _result_spoken
	spoken.faults == set()
	match := {"name": $"{spoken.package}/{spoken.rule.id}", "rule": spoken.rule}
]

_result_malformed contains $"{spoken.package}/{_id_of(spoken.rule)}: {concat(", ", sort(spoken.faults))}" if {
	some spoken in _result_spoken
	spoken.faults != set()
}

_result_malformed contains $"{layer.package}: results are not a set of rules, write `contains`" if {
	some layer in answers.speaking
	not is_set(layer.rules)
}

_result_spoken := [{"package": layer.package, "rule": rule, "faults": answers.faults(rule)} |
	some layer in answers.speaking
	is_set(layer.rules)
	some rule in layer.rules
]
