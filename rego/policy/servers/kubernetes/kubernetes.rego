# METADATA
# title: Kubernetes
# description: |
#   Agents look, and scale within limits. What deploys or changes is a person's decision, by severity or here; the
#   system's own namespaces and what can do everything at once are denied. The rules go by the arguments: what a
#   chart or a file holds is for the person who approves it to read.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.kubernetes

# METADATA
# title: The system's namespaces stay as they are
# description: By any mention in the arguments, a manifest's text included. Reading them is allowed.
rules["*"] contains {
	"id": "system-untouched",
	"action": "deny",
	"reason": "The namespaces of the cluster itself are for people",
} if {
	not input.category == "Read"
	not _spares_the_system
}

# METADATA
# title: Production is a person's decision
# description: Whatever changes something in a context or a namespace that calls itself production.
rules["*"] contains {
	"id": "production-approved",
	"action": "require_approval",
	"reason": "What changes in production is for a person to approve",
} if {
	not input.category == "Read"
	not _spares_production
}

# METADATA
# title: Anything at all is denied
# description: It can do what every other tool can, past their rules.
rules.kubectl_generic contains {
	"id": "no-generic-commands",
	"action": "deny",
	"reason": "Use the tool that is made for the command",
	"hide": true,
}

# METADATA
# title: Looking follows the defaults
rules.kubectl_get contains {
	"id": "get-by-default",
	"action": "inherit",
}

# METADATA
# title: No secrets
# description: |
#   In any spelling that kubectl takes (secrets, secret/a, pods,secrets). A call that names no kind is denied as well.
rules.kubectl_get contains {
	"id": "no-secrets",
	"action": "deny",
	"reason": "Secrets of the cluster are not for agents",
} if not _gets_no_secret

# METADATA
# title: Contexts are looked at
rules.kubectl_context contains {
	"id": "context-by-default",
	"action": "inherit",
}

# METADATA
# title: Another cluster is a person's decision
# description: Every later call would go there.
rules.kubectl_context contains {
	"id": "context-approved",
	"action": "require_approval",
	"reason": "Every later call would go to the other cluster",
} if not _keeps_the_context

# METADATA
# title: Scaling follows the defaults
rules.kubectl_scale contains {
	"id": "scale-by-default",
	"action": "inherit",
}

# METADATA
# title: Scaling to nothing, or to many, is a person's decision
rules.kubectl_scale contains {
	"id": "scale-approved",
	"action": "require_approval",
	"reason": "Between 1 and 10 copies need nobody: none is an outage, more cost money",
} if not _scales_within_bounds

# METADATA
# title: Rollouts are looked at
rules.kubectl_rollout contains {
	"id": "rollout-allowed",
	"action": "allow",
	"rate_limit": {"max": 10, "window": 60},
}

# METADATA
# title: Changing a rollout is a person's decision
rules.kubectl_rollout contains {
	"id": "rollout-approved",
	"action": "require_approval",
	"reason": "The rollout would be changed; history and status need nobody",
} if not _looks_at_a_rollout

# METADATA
# title: Nodes are a person's decision
rules.node_management contains {
	"id": "nodes-approved",
	"action": "require_approval",
	"reason": "Taking a node out of service moves or ends what runs on it",
}

# METADATA
# title: Nothing is forced off a node
# description: What is no plain `false` counts as `true`.
rules.node_management contains {
	"id": "no-forced-drains",
	"action": "deny",
	"reason": "Leave force and deleteLocalData out: they end pods for good, and delete their files",
} if not _drains_gently

_spares_the_system if {
	text := lower(json.marshal(input.args))
	not _mentions_the_system(text)
}

_mentions_the_system(text) if {
	some namespace in ["kube-system", "kube-public", "kube-node-lease"]
	contains(text, namespace)
}

_spares_production if {
	is_object(input.args)
	where := lower(json.marshal([object.get(input.args, field, "") | some field in ["context", "namespace"]]))
	not contains(where, "prod")
}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.kubernetes.kubectl_get
_gets_no_secret if {
	kind := lower(input.args.resourceType)
	not contains(kind, "secret")
}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.kubernetes.kubectl_context
_keeps_the_context if input.args.operation in {"get", "list"}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.kubernetes.kubectl_scale
_scales_within_bounds if {
	is_number(input.args.replicas)
	input.args.replicas >= 1
	input.args.replicas <= 10
}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.kubernetes.kubectl_rollout
_looks_at_a_rollout if input.args.subCommand in {"history", "status"}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.kubernetes.node_management
_drains_gently if {
	is_object(input.args)
	object.get(input.args, "force", false) == false
	object.get(input.args, "deleteLocalData", false) == false
}
