# METADATA
# title: Defaults
# description: |
#   What holds for a tool that its server's package does not name, by the category of the tool, and for MCP's other
#   requests. Change these to your needs; a tool without a category here is denied.
# scope: package
# schemas:
#   - input: schema.input
package policy.defaults

# METADATA
# title: Reading is allowed
rules.Read contains {
	"id": "read-allowed",
	"action": "allow",
}

# METADATA
# title: Writing is limited
# description: Ten calls a minute for each session and tool.
rules.Write contains {
	"id": "write-limited",
	"action": "allow",
	"rate_limit": {"max": 10, "window": 60},
}

# METADATA
# title: Executing is limited
# description: Ten calls a minute for each session and tool.
rules.Execute contains {
	"id": "execute-limited",
	"action": "allow",
	"rate_limit": {"max": 10, "window": 60},
}

# METADATA
# title: Severe execution is a person's decision
# description: A severity that is missing or unknown counts as severe.
rules.Execute contains {
	"id": "severe-execution",
	"action": "require_approval",
	"reason": "What this tool can run is for a person to approve",
} if not _is_mild

# METADATA
# title: Money is a person's decision
rules.Financial contains {
	"id": "money-approved",
	"action": "require_approval",
	"reason": "Moving money, or changing what is owed, is for a person to approve",
}

# METADATA
# title: Destruction is denied
rules.Destructive contains {
	"id": "destruction-denied",
	"action": "deny",
	"reason": "What can't be undone is done by people, not by agents",
	"hide": true,
}

# METADATA
# title: The unknown is denied
rules.Unknown contains {
	"id": "unknown-denied",
	"action": "deny",
	"reason": "Nobody has reviewed or classified this tool yet",
}

_is_mild if input.severity in {"low", "medium"}

# METADATA
# title: Liveness
methods.ping contains {
	"id": "ping",
	"action": "allow",
}

# METADATA
# title: The protocol's own requests
# description: They set a session up, list, subscribe and complete. Lists are filtered, and what is read is judged.
methods["*"] contains {
	"id": "protocol",
	"action": "allow",
} if {
	not _from_server
	input.method in {
		"completion/complete",
		"initialize",
		"logging/setLevel",
		"prompts/list",
		"resources/list",
		"resources/subscribe",
		"resources/templates/list",
		"resources/unsubscribe",
		"server/discover",
		"subscriptions/listen",
		"tools/list",
	}
}

# METADATA
# title: Tasks
# description: Following, and cancelling, what was judged when it was created.
methods["*"] contains {
	"id": "tasks",
	"action": "allow",
} if input.method in {"tasks/cancel", "tasks/get", "tasks/list", "tasks/result", "tasks/update"}

# METADATA
# title: Notifications
methods["*"] contains {
	"id": "notifications",
	"action": "allow",
} if startswith(input.method, "notifications/")

# METADATA
# title: What a server asks of its client
# description: The client's own consent stands behind each; deny them in a server's package, as `methods["..."]`.
methods["*"] contains {
	"id": "asked-by-the-server",
	"action": "allow",
} if {
	_from_server
	input.method in {"elicitation/create", "roots/list", "sampling/createMessage"}
}

_from_server if input.direction == "from_server"
