# METADATA
# description: |
#   Write `rules.<tool> contains {...}` (`rules["*"]` for every tool, `rules contains {...}` in guardrails), with
#   nothing computed in the name: the decision looks rules up by exactly that path, and misses any other
# schemas:
#   - input: schema.regal.ast
package custom.regal.rules.regate["rule-shape"]

import data.custom.regate.policy
import data.regal.result

report contains violation if {
	some rule in policy.speaking
	not _is_looked_up(rule.head)
	violation := result.fail(rego.metadata.chain(), result.location(rule.head))
}

_is_looked_up(head) if {
	policy.kind in {"server", "defaults"}
	not _is_result_of_defaults(head)
	count(head.ref) == 2
	head.ref[1].type == "string"
	not head.value
}

_is_looked_up(head) if {
	policy.kind == "guardrails"
	count(head.ref) == 1
	head.ref[0].value in {"rules", "results"}
	not head.value
}

_is_result_of_defaults(head) if {
	policy.kind == "defaults"
	head.ref[0].value == "results"
}
