# METADATA
# title: Rights by group
# description: |
#   Groups are those of the caller's key, or of its token. A tool that is named here is denied to whoever none of its
#   rules permits: there is no default to fall back to.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.crm

# METADATA
# title: Everyone in sales and support reads
rules.get_contact contains {"id": "reads", "action": "allow"} if _is_in({"sales", "support"})

# METADATA
# title: Sales writes
rules.update_contact contains {
	"id": "sales-writes",
	"action": "allow",
	"rate_limit": {"max": 30, "window": 600, "per": "principal"},
} if _is_in({"sales"})

# METADATA
# title: Leads export, once a person agrees
rules.export_contacts contains {
	"id": "leads-export",
	"action": "require_approval",
	"reason": "The export holds every customer's address",
} if _is_in({"sales-leads"})

# METADATA
# title: What is not named is for nobody
rules["*"] contains {
	"id": "nothing-else",
	"action": "deny",
	"reason": "Only get_contact, update_contact and export_contacts are for agents",
} if not _is_named

_is_named if input.tool in {"get_contact", "update_contact", "export_contacts"}

_is_in(groups) if {
	some group in input.principal.groups
	group in groups
}
