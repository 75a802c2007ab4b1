# METADATA
# title: Nothing is sent out after a secret was read
# description: |
#   `input.history` counts what this principal was allowed in the last 24 hours, over all servers and sessions. Rules
#   give the calls that matter a label; here whatever is labelled `secrets` closes the way out.
# scope: package
# schemas:
#   - input: schema.input
package policy.guardrails

# METADATA
# title: No sends after secrets
# description: A tool that is not known to send nothing out is one that might.
rules contains {
	"id": "no-sends-after-secrets",
	"action": "deny",
	"reason": "A secret was read in the last 24 hours: nothing is sent out",
} if {
	input.tool
	input.history.labels.secrets
	not _stays_inside
}

_stays_inside if {
	reviewed := data.catalogue[input.server].tools[input.tool]
	not "sends_out" in reviewed.signals
}
