# METADATA
# title: Context7
# description: |
#   Agents look documentation up with a third party: what they ask leaves the house, and what comes back was written by
#   strangers.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.context7

# METADATA
# title: Thirty questions a minute
rules["*"] contains {
	"id": "thirty-questions-a-minute",
	"action": "limit",
	"rate_limit": {"max": 30, "window": 60, "over": "server"},
}

# METADATA
# title: A question is short
# description: A long one carries code, or worse, to a third party; a call without a question is denied as well.
rules["*"] contains {
	"id": "short-questions",
	"action": "deny",
	"reason": "Ask in at most 500 characters, without code and data of the project",
} if not _is_short

_is_short if {
	is_string(input.args.query)
	count(input.args.query) <= 500
}
