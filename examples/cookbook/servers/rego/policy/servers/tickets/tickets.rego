# METADATA
# title: Tenants apart
# description: |
#   The tenant in a call is the one in the caller's token (`auth.issuers.NAME.claims: [tenant]` in regate.yaml). A
#   caller without that claim, one with an API key for instance, has no tenant and no ticket. That a ticket is its
#   tenant's is for the server to look up: a rule sees the names in the call.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.tickets

# METADATA
# title: Only its own tenant
# description: A filter could name another tenant, so that only arguments are passed that can't.
rules["*"] contains {
	"id": "own-tenant",
	"action": "deny",
	"reason": "Say tenant as it stands in your token, and id, text or status at most",
} if not _is_own

_is_own if {
	object.keys(input.args) - {"tenant", "id", "text", "status"} == set()
	is_string(input.args.tenant)
	input.args.tenant != ""
	input.args.tenant == input.principal.claims.tenant
}
