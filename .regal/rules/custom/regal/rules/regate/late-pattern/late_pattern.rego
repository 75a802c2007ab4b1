# METADATA
# description: |
#   Put an equality or a lookup in data before a regex or a glob, in the same body: `input.tool == "send"`, or
#   `input.tool in {...}`. A rule that speaks to many tools runs its pattern in every call, and one pattern costs as
#   much as the rest of a decision
# schemas:
#   - input: schema.regal.ast
package custom.regal.rules.regate["late-pattern"]

import data.custom.regate.policy
import data.regal.result

report contains violation if {
	some rule in policy.speaking
	not _names_one(rule.head.ref)
	some expr in _unguarded(rule.body)
	_is_slow(expr)
	violation := result.fail(rego.metadata.chain(), result.location(expr))
}

# it is looked up by the name: nothing of it runs in other calls
_names_one(ref) if {
	policy.kind == "server"
	ref[1].type == "string"
	ref[1].value != "*"
}

# what runs whatever the call is: all up to the first guard
_unguarded(body) := {expr |
	some position, expr in body
	every before in array.slice(body, 0, position) { not _is_guard(before) }
}

# an equality of the call with what it may be, a membership in that
_is_guard(expr) if {
	not expr.negated
	_operator(expr) in {"equal", "eq", "internal.member_2"}
	some operand in array.slice(expr.terms, 1, 3)
	operand.value[0].value == "input"
}

# a lookup by what the call says, in data or in a set of the module's own
_is_guard(expr) if {
	not expr.negated
	expr.terms.value[0].value != "input"
	policy.reads_input(array.slice(expr.terms.value, 1, count(expr.terms.value)))
}

_operator(expr) := policy.text(expr.terms[0].value)

_is_slow(expr) if _has_pattern(expr)

_is_slow(expr) if {
	some name in graph.reachable(_runs, policy.names(expr))
	name in _with_pattern
}

_has_pattern(node) if {
	walk(node, [_, part])
	part.value[0].value in {"regex", "glob"}
}

# helpers that run a pattern by themselves, and the helpers that each runs
_with_pattern contains name if {
	some name, rules in policy.by_name
	some rule in rules
	some expr in _parts(rule)
	_has_pattern(expr)
}

_runs[name] := policy.names([_parts(rule) | some rule in rules]) if some name, rules in policy.by_name

# of a helper: what stands in its head, and what its body runs unguarded
_parts(rule) := _unguarded(object.get(rule, "body", [])) | {rule.head}
