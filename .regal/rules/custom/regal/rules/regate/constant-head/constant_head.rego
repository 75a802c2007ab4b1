# METADATA
# description: |
#   Write the rule's object in its head, of constants, template strings, and names that are constant or have a
#   `default`: where anything else in it is undefined, the rule vanishes. Give it a name: `default _cost := 1`,
#   `_cost := input.args.count`
# schemas:
#   - input: schema.regal.ast
package custom.regal.rules.regate["constant-head"]

import data.custom.regate.policy
import data.regal.result

report contains violation if {
	some rule in policy.speaking
	interpolated := _interpolated(rule.head.key)
	walk(rule.head.key, [_, node])
	node.type in _computed
	not _is_never_undefined(node)
	not node in interpolated
	violation := result.fail(rego.metadata.chain(), result.location(rule.head.key))
}

# calls and comprehensions hold at least one of these
_computed := {"ref", "var"}

# a `default` is such a rule as well
_is_never_undefined(node) if {
	some rule in policy.by_name[node.value]
	not rule.body
	_is_constant(rule.head.value)
}

_is_constant(term) if {
	computed := {node.type | walk(term, [_, node]); node.type in _computed}
	computed == set()
}

# in a template string, what is undefined is printed as `<undefined>`, and nothing vanishes
_interpolated(key) := {node |
	walk(key, [_, template])
	template.type == "templatestring"
	walk(template, [_, node])
}
