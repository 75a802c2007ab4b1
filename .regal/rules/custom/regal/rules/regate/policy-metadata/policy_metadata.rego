# METADATA
# description: |
#   Say in METADATA what a package is for and what each rule does: `# METADATA` and `# title: No deletes` on the lines
#   before it. The title is what the log, the console and `regate decide` show beside the rule's id
# schemas:
#   - input: schema.regal.ast
package custom.regal.rules.regate["policy-metadata"]

import data.custom.regate.policy
import data.regal.result

report contains violation if {
	policy.is_policy
	not _is_titled(input["package"])
	violation := result.fail(rego.metadata.chain(), result.location(input["package"]))
}

report contains violation if {
	some rule in policy.speaking
	not _is_titled(rule)
	violation := result.fail(rego.metadata.chain(), result.location(rule.head))
}

_is_titled(node) if {
	some annotation in node.annotations
	annotation.title
}
