# METADATA
# title: Notes
# description: The server of examples/in-process, which gates its own tools.
# scope: package
package policy.servers.notes

# METADATA
# title: Three notes a minute
rules.add_note contains {
	"id": "three-notes-a-minute",
	"action": "allow",
	"rate_limit": {"max": 3, "window": 60},
}

# METADATA
# title: Notes are read
rules.read_note contains {
	"id": "notes-read",
	"action": "allow",
}

# METADATA
# title: Private notes are not for agents
# description: A call that names no note is denied as well.
rules.read_note contains {
	"id": "private-notes",
	"action": "deny",
	"reason": "Private notes are not for agents",
} if not _is_public

# METADATA
# title: A person decides before a note is gone
rules.delete_note contains {
	"id": "deleting-approved",
	"action": "require_approval",
	"reason": "A note that is deleted can't be brought back",
}

_is_public if split(input.args.id, "-")[0] != "private"
