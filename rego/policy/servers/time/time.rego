# METADATA
# title: Time
# description: Both tools only compute, and follow the defaults; the limit ends a loop that asks for the time for ever.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.time

# METADATA
# title: Sixty calls a minute
rules["*"] contains {
	"id": "sixty-a-minute",
	"action": "limit",
	"rate_limit": {"max": 60, "window": 60, "over": "server"},
}
