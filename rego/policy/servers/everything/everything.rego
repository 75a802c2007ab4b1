# METADATA
# title: Everything, the reference server of MCP
# description: |
#   Its tools are samples, and follow the defaults of their category, but for two that reach outside of the protocol and
#   one that keeps the server busy.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.everything

# METADATA
# title: No environment
rules["get-env"] contains {
	"id": "no-environment",
	"action": "deny",
	"reason": "Environment variables hold credentials",
	"hide": true,
}

# METADATA
# title: Compressing follows the defaults
rules["gzip-file-as-resource"] contains {
	"id": "gzip-by-default",
	"action": "inherit",
}

# METADATA
# title: No fetching
# description: |
#   The server would fetch any URL from where it runs, its internal network included, and a URL of its own choice where
#   the call gives none.
rules["gzip-file-as-resource"] contains {
	"id": "no-fetching",
	"action": "deny",
	"reason": "Give the content itself in `data`, as a data: URI; the server fetches nothing",
} if not _is_inline

# METADATA
# title: Ten minutes of waiting in ten minutes
# description: A call costs the seconds that it asks for; where it asks for none, the ten that the server waits.
rules["trigger-long-running-operation"] contains {
	"id": "seconds-of-waiting",
	"action": "allow",
	"rate_limit": {"max": 600, "window": 600, "cost": _seconds},
}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.everything["gzip-file-as-resource"]
_is_inline if startswith(input.args.data, "data:")

default _seconds := 10

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.everything["trigger-long-running-operation"]
_seconds := max([0, input.args.duration]) if is_number(input.args.duration)
