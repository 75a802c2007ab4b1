# METADATA
# title: The rules that speak to an answer
# description: |
#   Says which sets of rules speak to what a server said: those of its package for the tool and for `*`, where a call of
#   a tool was answered, and the user's guardrails, always; and what is a well-formed one. It judges none.
#
#   As in regate.layers, `data.policy.servers[input.server].results[input.tool]` is written in full.
# scope: package
# schemas:
#   - input: schema.input
package regate.answers

import data.regate.form
import data.regate.layers

# METADATA
# title: The server's package on answers of this tool
speaking["named"] := _of_server(data.policy.servers[input.server].results[input.tool]) if _answers_a_tool

# METADATA
# title: The server's package on answers of every tool
speaking["starred"] := _of_server(data.policy.servers[input.server].results["*"]) if _answers_a_tool

# METADATA
# title: The user's guardrails
speaking["guardrails"] := {"package": "policy.guardrails", "rules": data.policy.guardrails.results}

_of_server(rules) := {"package": layers.server_package, "rules": rules}

_answers_a_tool if {
	is_string(input.server)
	is_string(input.tool)
}

# METADATA
# title: Faults of a rule for answers
# description: |
#   What is missing, unknown or of the wrong form in `rule`, as a set of strings that name its fields; empty where the
#   rule is well-formed. One that redacts says what.
# scope: document
faults(rule) := (missing | wrong) | idle if {
	is_object(rule)
	missing := {$"no {field}" | some field in ({"id", "action"} - object.keys(rule))}
	wrong := {$"{field}" | some field, value in rule; not _accepts(field, value, rule)}
	idle := {"no redact or secrets" | _redacts_nothing(rule)}
}

faults(rule) := {"not an object"} if not is_object(rule)

# What the gate finds in answers: src/log/secrets.ts.
_kinds := {
	"api_key",
	"authorization",
	"aws_key",
	"github_token",
	"gitlab_token",
	"google_key",
	"jwt",
	"named",
	"npm_token",
	"payment_key",
	"private_key",
	"regate_key",
	"slack_token",
	"url_password",
}

_redacts_nothing(rule) if {
	rule.action == "redact"
	not "redact" in object.keys(rule)
	not "secrets" in object.keys(rule)
}

_accepts("id", value, _) if {
	is_string(value)
	value != ""
}

_accepts("action", value, _) if value in {"redact", "refuse"}

_accepts("reason", value, _) if is_string(value)

_accepts("redact", value, rule) if {
	rule.action == "redact"
	is_array(value)
	every pointer in value { form.is_json_pointer(pointer) }
}

_accepts("secrets", true, rule) if rule.action == "redact"

_accepts("secrets", value, rule) if {
	rule.action == "redact"
	is_array(value)
	every kind in value { kind in _kinds }
}
