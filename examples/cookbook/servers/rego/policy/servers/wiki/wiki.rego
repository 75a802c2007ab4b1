# METADATA
# title: Read before write
# description: |
#   A page is changed by who has read it in the last 24 hours. Reading labels the call with the page, and the gate
#   counts labels (`input.history.labels`), over all sessions of the agent. Ids are short and plain: the history cuts
#   long names, and two of them would become one.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.wiki

# METADATA
# title: Reading is remembered
rules.read_page contains {
	"id": "reads",
	"action": "allow",
	"labels": [$"wiki-read {input.args.id}"],
} if _has_id

# METADATA
# title: Ten changes in ten minutes
rules.update_page contains {
	"id": "ten-changes",
	"action": "allow",
	"rate_limit": {"max": 10, "window": 600},
}

# METADATA
# title: Of pages that it has read
rules.update_page contains {
	"id": "read-first",
	"action": "deny",
	"reason": "Read this page first: who changes it must know what it says",
} if not _has_read

_has_id if {
	regex.match(`^[a-z0-9-]+$`, input.args.id)
	count(input.args.id) <= 64
}

_has_read if {
	_has_id
	input.history.labels[$"wiki-read {input.args.id}"]
}
