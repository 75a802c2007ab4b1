# METADATA
# title: The form of a rule
# description: |
#   Checks positively, field by field, that one object is a well-formed rule: what no clause here accepts is a fault.
#   It must not look at input: whether a rule is well-formed does not depend on the call.
# scope: package
package regate.form

# METADATA
# title: Faults of a rule
# description: |
#   What is missing, unknown or of the wrong form in `rule`, as a set of strings that name its fields; empty where the
#   rule is well-formed. `kind` is that of its layer: `server`, `defaults` or `guardrails`.
# scope: document
faults(rule, kind) := missing | wrong if {
	is_object(rule)
	missing := {$"no {field}" | some field in ({"id", "action"} - object.keys(rule))}
	wrong := {$"{field}" | some field, value in rule; not _accepts(field, value, rule, kind)}
}

faults(rule, _) := {"not an object"} if not is_object(rule)

_accepts("id", value, _, _) if {
	is_string(value)
	value != ""
}

_accepts("action", value, _, kind) if _may(kind, value)

_accepts("reason", value, _, _) if is_string(value)

_accepts("rate_limit", value, _, _) if {
	is_object(value)
	{"max", "window"} - object.keys(value) == set()
	_counts_over(value)
	every field, setting in value { _limits_by(field, setting) }
}

_accepts("approval", value, _, _) if {
	is_object(value)
	every field, setting in value { _waits_by(field, setting) }
}

_accepts("labels", value, _, _) if {
	is_array(value)
	every label in value { is_string(label) }
}

_accepts("redact", value, _, _) if {
	is_array(value)
	every pointer in value { is_json_pointer(pointer) }
}

_accepts("hide", value, rule, _) if {
	is_boolean(value)
	rule.action == "deny"
}

_may(_, "limit")

_may(_, "require_approval")

_may(_, "deny")

_may("server", "allow")

_may("defaults", "allow")

_may("server", "inherit")

_limits_by("max", value) if _is_above_zero(value)

_limits_by("window", value) if _is_above_zero(value)

_limits_by("per", value) if value in {"session", "principal", "everyone"}

_limits_by("over", value) if value in {"tool", "category", "server", "all"}

_limits_by("cost", value) if _is_amount(value)

# One session is on one server: it has nothing to count over all of them.
_counts_over(limit) if not limit.over == "all"

_counts_over(limit) if limit.per in {"principal", "everyone"}

_waits_by("timeout", value) if _is_above_zero(value)

_waits_by("hold", value) if _is_amount(value)

_is_above_zero(value) if {
	_is_amount(value)
	value > 0
}

# Zero or more, and a number in JavaScript too: 1e400 is one here, and infinite where the decision is read.
_is_amount(value) if {
	is_number(value)
	value >= 0
	value <= 1.7976931348623157e308
}

# METADATA
# title: A JSON pointer
# scope: document
is_json_pointer("")

is_json_pointer(value) if {
	startswith(value, "/")
	unescaped := replace(replace(value, "~0", ""), "~1", "")
	not contains(unescaped, "~")
}
