# METADATA
# title: Guardrails
# description: |
#   Three that speak to every call, whichever the server. They can only tighten: what is allowed is said by the packages
#   of servers and by the defaults. Each stands by itself; take those that you want.
# scope: package
# schemas:
#   - input: schema.input
package policy.guardrails

# METADATA
# title: A freeze of production
# description: |
#   From the first day to the last of each freeze nothing is changed but by release managers. Days are those of the
#   gate's time zone (`timezone` in regate.yaml). To stop everything at once there is `regate freeze`.
rules contains {
	"id": "production-freeze",
	"action": "deny",
	"reason": "Production is frozen: until the freeze is over, agents only read",
} if {
	input.tool
	not input.category == "Read"
	not _may_change_now
}

# METADATA
# title: Who does not write only reads
# description: Whoever is not in the group `writers`, an agent of yesterday for instance, can change nothing anywhere.
rules contains {
	"id": "only-writers-write",
	"action": "deny",
	"reason": "This agent may only read: it is not in the group writers",
} if {
	input.tool
	not input.category == "Read"
	not _is_writer
}

# METADATA
# title: Only what was reviewed
# description: By default a tool that the catalogue lacks is judged by what its server says of it.
rules contains {
	"id": "only-reviewed",
	"action": "deny",
	"reason": "Nobody has reviewed this tool",
	"hide": true,
} if {
	input.tool
	not input.definition.catalogued
}

_freezes := [{"first": "2026-12-18", "last": "2027-01-03"}, {"first": "2027-03-29", "last": "2027-04-01"}]

_may_change_now if "release-managers" in input.principal.groups

_may_change_now if {
	today := substring(input.time.rfc3339, 0, 10)
	startswith(today, "20")
	every freeze in _freezes { _is_outside(today, freeze) }
}

# days as text, year first, are in order
_is_outside(today, freeze) if today < freeze.first

_is_outside(today, freeze) if today > freeze.last

_is_writer if "writers" in input.principal.groups
