# METADATA
# description: |
#   A rule that hides a tool is judged without args when tools are listed: with conditions on args it hides nothing, or
#   hides the tool from every call. Drop `hide`, or the condition
# schemas:
#   - input: schema.regal.ast
package custom.regal.rules.regate["hide-reads-args"]

import data.custom.regate.policy
import data.regal.result

report contains violation if {
	some rule in policy.speaking
	_hides(rule.head)
	names := graph.reachable(_mentions, policy.names(rule.body))
	nodes := {rule.body} | {helper | some name in names; some helper in policy.by_name[name]}
	some node in nodes
	some input_ref in policy.inputs(node)
	_may_be_args(input_ref)
	violation := result.fail(rego.metadata.chain(), result.location(rule.head))
}

_hides(head) if {
	some [key, value] in head.key.value
	key.value == "hide"
	value.value != false
}

_mentions[name] := policy.names(rules) if some name, rules in policy.by_name

_may_be_args("input")

_may_be_args("input.args")

_may_be_args(input_ref) if startswith(input_ref, "input.args.")
