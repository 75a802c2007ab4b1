# METADATA
# description: |
#   A rule that tightens where input compares (`!=`, `<`, `>`, ...) vanishes where the field is missing or of another
#   type. Turn it round: `if not _is_small`, and `_is_small if {is_number(input.args.n); input.args.n <= 100}`; or give
#   it a twin for the same tool, with `if not _is_number` over the same field (for `!=`: `if not input.args.n`)
# schemas:
#   - input: schema.regal.ast
package custom.regal.rules.regate["vanishing-comparison"]

import data.custom.regate.policy
import data.regal.result

report contains violation if {
	some rule in policy.tightening
	some body in _bodies(rule)
	walk(body, [_, expr])
	operator := expr.terms[0].value[0].value
	operator in {"neq", "lt", "lte", "gt", "gte"}
	not expr.negated
	read := _read(expr, body)
	count(read) > 0
	not _has_twin(rule, operator, read)
	violation := result.fail(rego.metadata.chain(), result.location(expr))
}

# the rule's own body, and those of the helpers that it needs to hold
_bodies(rule) := {rule.body} | {helper.body |
	some name in graph.reachable(_needs, _needed(rule.body))
	some helper in policy.by_name[name]
}

_needs[name] := {needed | some rule in rules; some needed in _needed(rule.body)} if some name, rules in policy.by_name

_needed(body) := {name |
	some expr in body
	not expr.negated
	some name in policy.names(expr)
}

# what a comparison reads of the call, by itself or through the variables that its body binds
_read(expr, body) := policy.inputs(expr.terms) | {input_ref |
	walk(expr.terms, [_, node])
	node.type == "var"
	some other in body
	node.value in _bound(other.terms)
	some input_ref in policy.inputs(other.terms)
}

_bound(terms) := names if {
	terms[0].value[0].value in {"assign", "eq"}
	names := {side.value | some side in array.slice(terms, 1, 3); side.type == "var"}
}

_bound(terms) := names if {
	terms.symbols
	names := {node.value |
		walk(terms.symbols, [_, node])
		node.type == "var"
	}
}

_bound(terms) := {term.value | some term in [terms.key, terms.value]} if terms.domain

_has_twin(rule, operator, read) if {
	some other in policy.tightening
	policy.text(other.head.ref) == policy.text(rule.head.ref)
	some expr in other.body
	expr.negated
	_covers(expr.terms, operator, read)
}

_covers(terms, "neq", read) if {
	terms.type == "ref"
	policy.inputs(terms) == read
}

_covers(terms, _, read) if {
	some helper in policy.by_name[terms.value]
	read - policy.inputs(helper.body) == set()
}
