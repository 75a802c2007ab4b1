# METADATA
# title: AWS IAM
# description: |
#   Agents look rights up and simulate them. Every right that is given or taken is a person's decision, and no agent
#   makes an administrator. What deletes is denied by default, but for keys, which are better gone.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers["awslabs.iam-mcp-server"]

# METADATA
# title: Rights are a person's decision
# description: Every tool that writes, a detached policy too, which may be the one that denies something.
rules["*"] contains {
	"id": "rights-approved",
	"action": "require_approval",
	"reason": "Who may do what in the account is for a person to decide",
} if input.category == "Write"

# METADATA
# title: Nobody is made an administrator
# description: By the names of AWS's own policies; a policy that can't be read is denied as well.
rules["*"] contains {
	"id": "no-administrators",
	"action": "deny",
	"reason": "Administrators are made by people, not by agents",
} if {
	input.tool in {"attach_group_policy", "attach_user_policy"}
	not _attaches_modest_rights
}

# METADATA
# title: No rights to everything
# description: |
#   A policy of the caller's own names what it allows; the document comes as an object, or as a text of JSON. What can't
#   be read is denied.
rules["*"] contains {
	"id": "no-rights-to-everything",
	"action": "deny",
	"reason": "Name the actions by their service: no `*`, no NotAction, and nothing like `iam:*`",
} if {
	input.tool in {"put_role_policy", "put_user_policy"}
	not _names_its_actions
}

# METADATA
# title: Three keys a day
# description: For each agent, and on top of the approval.
rules.create_access_key contains {
	"id": "three-keys-a-day",
	"action": "require_approval",
	"reason": "The key does not expire: a role is mostly what is needed",
	"rate_limit": {"max": 3, "window": 86400, "per": "principal"},
}

# METADATA
# title: Deleting a key is a person's decision
# description: Rotation ends with it; whatever still uses the key stops working.
rules.delete_access_key contains {
	"id": "key-delete-approved",
	"action": "require_approval",
	"reason": "Whatever still uses the key stops working",
}

_attaches_modest_rights if {
	policy := lower(input.args.policy_arn)
	not _administers(policy)
}

_administers(policy) if {
	some name in ["administrator", "fullaccess", "poweruser"]
	contains(policy, name)
}

# As Action and only there, each with its service, and none for all of IAM. A document that can't be read has none.
_names_its_actions if {
	count(_actions) > 0
	not _excepts
	every action in _actions { not _is_boundless(action) }
}

_actions contains lower(value) if {
	walk(_document, [path, value])
	some part in path
	lower(part) == "action"
}

_excepts if {
	walk(_document, [path, _])
	some part in path
	lower(part) == "notaction"
}

_document := input.args.policy_document if is_object(input.args.policy_document)

_document := json.unmarshal(input.args.policy_document) if is_string(input.args.policy_document)

_is_boundless(action) if not contains(action, ":")

_is_boundless(action) if {
	service := split(action, ":")[0]
	some wildcard in ["*", "?"]
	contains(service, wildcard)
}

_is_boundless(action) if {
	startswith(action, "iam:")
	contains(action, "*")
}
