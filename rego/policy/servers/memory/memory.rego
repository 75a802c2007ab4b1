# METADATA
# title: Memory
# description: |
#   The graph is the agents' own, and later sessions take it for known: agents add to it and tidy up within limits, what
#   takes more than that away is a person's decision.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.memory

# METADATA
# title: Twenty facts an hour are deleted
# description: A call costs the entities whose facts it deletes; where that is not a list, more than there is.
rules.delete_observations contains {
	"id": "facts-deleted-within-limits",
	"action": "allow",
	"rate_limit": {"max": 20, "window": 3600, "cost": _deletions},
}

# METADATA
# title: Twenty relations an hour are deleted
# description: A call costs the relations that it deletes; where that is not a list, more than there is.
rules.delete_relations contains {
	"id": "relations-deleted-within-limits",
	"action": "allow",
	"rate_limit": {"max": 20, "window": 3600, "cost": _relations},
}

# METADATA
# title: Deleting entities is a person's decision
rules.delete_entities contains {
	"id": "entities-approved",
	"action": "require_approval",
	"reason": "An entity is deleted with all that is known of it, and nothing keeps it",
}

# METADATA
# title: No more than three entities at once
rules.delete_entities contains {
	"id": "three-entities-at-once",
	"action": "deny",
	"reason": "Delete at most three entities in one call, so that a person can judge each",
} if not _names_few

# METADATA
# title: Sixty changes a minute
# description: Over all tools that write, so that a loop does not fill the graph.
rules["*"] contains {
	"id": "sixty-changes-a-minute",
	"action": "limit",
	"rate_limit": {"max": 60, "window": 60, "over": "category"},
} if input.category == "Write"

default _deletions := 21

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.memory.delete_observations
_deletions := count(input.args.deletions) if is_array(input.args.deletions)

default _relations := 21

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.memory.delete_relations
_relations := count(input.args.relations) if is_array(input.args.relations)

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.memory.delete_entities
_names_few if {
	is_array(input.args.entityNames)
	count(input.args.entityNames) <= 3
}
