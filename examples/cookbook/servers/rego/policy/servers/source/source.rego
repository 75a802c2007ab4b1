# METADATA
# title: A working set
# description: |
#   Every tool of the server works on the repositories that were handed to agents, and on no other. What they may do
#   there is for other rules, or for the defaults, to say.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.source

# METADATA
# title: Only the working set
# description: A search names its repositories inside of its query, where nobody looks; so it is denied as well.
rules["*"] contains {
	"id": "working-set",
	"action": "deny",
	"reason": "Agents work on repositories of acme whose names begin with sandbox-",
} if not _is_in_set

_is_in_set if {
	input.args.owner == "acme"
	regex.match(`^sandbox-[a-z0-9-]+$`, input.args.repo)
	every name in ["url", "repository", "repo_id", "query"] { not name in object.keys(input.args) }
}

_is_in_set if input.tool == "get_me"
