# METADATA
# description: |
#   Give each rule an id of its own, written out: `"id": "ten-a-minute"`. Buckets and the log go by it: rules without
#   one are malformed, and two with the same share a bucket
# schemas:
#   - input: schema.regal.ast
package custom.regal.rules.regate["rule-id"]

import data.custom.regate.policy
import data.regal.result

report contains violation if {
	some rule in policy.speaking
	policy.literals(rule, "id") - {""} == set()
	violation := result.fail(rego.metadata.chain(), result.location(rule.head))
}

report contains violation if {
	some position, rule in input.rules
	rule in policy.speaking
	some id in policy.literals(rule, "id")
	some other in array.slice(input.rules, 0, position)
	other in policy.speaking
	id in policy.literals(other, "id")
	violation := result.fail(rego.metadata.chain(), result.location(rule.head))
}
