# METADATA
# title: Destruction by approval
# description: |
#   The defaults deny what destroys. Here a person may let it happen, one thing at a time: a named deployment, in a
#   namespace where that is no accident. Whole namespaces stay out of reach.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.cluster

# METADATA
# title: Deleting a deployment is a person's decision
# description: Three an hour, so that a tired person does not wave a series through.
rules.delete_deployment contains {
	"id": "delete-approved",
	"action": "require_approval",
	"reason": "A deleted deployment is gone, with what it serves",
	"approval": {"timeout": 900},
	"rate_limit": {"max": 3, "window": 3600, "per": "principal"},
}

# METADATA
# title: One, by its name
rules.delete_deployment contains {
	"id": "one-by-name",
	"action": "deny",
	"reason": "Name one deployment in the namespace dev or staging: no selector, no pattern",
} if not _is_one

# METADATA
# title: Namespaces stay
rules.delete_namespace contains {
	"id": "namespaces-stay",
	"action": "deny",
	"reason": "Namespaces are deleted by people, not by agents",
	"hide": true,
}

_is_one if {
	object.keys(input.args) == {"namespace", "name"}
	input.args.namespace in {"dev", "staging"}
	regex.match(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`, input.args.name)
}
