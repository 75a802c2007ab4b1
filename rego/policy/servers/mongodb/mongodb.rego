# METADATA
# title: MongoDB
# description: |
#   Agents query and insert within limits. The server calls its pipelines reading, though `$out` and `$merge` write:
#   those are denied, and JavaScript with them, whatever the server was told. What drops is denied by default, and what
#   deletes or changes many documents is a person's decision. Start the server with --readOnly where agents only read.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.mongodb

# METADATA
# title: No JavaScript in the database
# description: By any mention of the operator in the arguments.
rules["*"] contains {
	"id": "no-javascript",
	"action": "deny",
	"reason": "Queries that run JavaScript ($where, $function, $accumulator) are not for agents",
} if not _runs_no_javascript

# METADATA
# title: Pipelines only read
# description: By any mention of the stage in the arguments.
rules["*"] contains {
	"id": "no-writing-pipelines",
	"action": "deny",
	"reason": "Pipelines that write ($out, $merge) are not for agents",
} if not _writes_nothing

# METADATA
# title: Thirty pipelines a minute
rules.aggregate contains {
	"id": "thirty-pipelines-a-minute",
	"action": "allow",
	"rate_limit": {"max": 30, "window": 60},
}

# METADATA
# title: Connecting is a person's decision
# description: To which host, and with which credentials, is what the call says; the log does not keep it.
rules.connect contains {
	"id": "connect-approved",
	"action": "require_approval",
	"reason": "Which database an agent talks to is for a person to decide",
	"redact": ["/connectionString"],
}

# METADATA
# title: A thousand documents in ten minutes
# description: A call costs the documents that it inserts; where those are no list, more than there is.
rules["insert-many"] contains {
	"id": "thousand-documents",
	"action": "allow",
	"rate_limit": {"max": 1000, "window": 600, "cost": _documents},
}

# METADATA
# title: Deleting documents is a person's decision
rules["delete-many"] contains {
	"id": "deletes-approved",
	"action": "require_approval",
	"reason": "Documents that are deleted can't be brought back",
}

# METADATA
# title: Not all documents at once are deleted
rules["delete-many"] contains {
	"id": "no-deletes-of-all",
	"action": "deny",
	"reason": "Give a filter: without one every document is deleted",
} if not _filters

# METADATA
# title: Changing documents is a person's decision
rules["update-many"] contains {
	"id": "updates-approved",
	"action": "require_approval",
	"reason": "Nothing keeps what stood in the documents before",
}

# METADATA
# title: Not all documents at once are changed
rules["update-many"] contains {
	"id": "no-updates-of-all",
	"action": "deny",
	"reason": "Give a filter: without one every document is changed",
} if not _filters

# METADATA
# title: Renaming is a person's decision
rules["rename-collection"] contains {
	"id": "rename-approved",
	"action": "require_approval",
	"reason": "Whatever reads the collection by its former name stops working",
}

# METADATA
# title: Renaming drops nothing
# description: What is no plain `false` counts as `true`.
rules["rename-collection"] contains {
	"id": "nothing-dropped",
	"action": "deny",
	"reason": "Leave dropTarget out: it deletes the collection that has the new name",
} if not _drops_nothing

default _documents := 1001

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.mongodb["insert-many"]
_documents := count(input.args.documents) if is_array(input.args.documents)

_runs_no_javascript if {
	is_string(_text)
	not _mentions(_text, ["$where", "$function", "$accumulator"])
}

_writes_nothing if {
	is_string(_text)
	not _mentions(_text, ["$out", "$merge"])
}

# Without backslashes: JSON within a text reads like the rest.
_text := replace(json.marshal(input.args), "\\", "")

_mentions(text, operators) if {
	some operator in operators
	contains(text, $`"{operator}"`)
}

_filters if {
	is_object(input.args.filter)
	count(input.args.filter) > 0
}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.mongodb["rename-collection"]
_drops_nothing if {
	is_object(input.args)
	object.get(input.args, "dropTarget", false) == false
}
