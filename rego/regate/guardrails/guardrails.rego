# METADATA
# title: Shipped guardrails
# description: |
#   Speak to every call before every server, and can only tighten. A user's own stand in `policy.guardrails`.
# scope: package
# schemas:
#   - input: schema.input
package regate.guardrails

# METADATA
# title: The tool is not the one that was reviewed
# description: A server that changes what a tool says it does gets that tool reviewed again before an agent uses it.
rules contains {
	"id": "changed-definition",
	"action": "deny",
	"reason": "The tool's definition is not the one that was reviewed",
	"hide": true,
} if input.definition.changed
