# METADATA
# title: One budget for several tools
# description: |
#   Three tools draw from one bucket of each agent, each as much as it costs. One that the server adds later has no
#   price, and is denied.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.research

# METADATA
# title: 100 points an hour
# description: "`over: server` makes it one bucket; without it each tool would have its own."
rules["*"] contains {
	"id": "points-an-hour",
	"action": "allow",
	"rate_limit": {"max": 100, "window": 3600, "per": "principal", "over": "server", "cost": _price},
}

# METADATA
# title: Nothing without a price
rules["*"] contains {
	"id": "priced",
	"action": "deny",
	"reason": "Only search, read_page and deep_research have a price",
} if not _is_priced

_is_priced if _prices[input.tool]

# of what is denied anyway
default _price := 100

_price := _prices[input.tool]

_prices := {"search": 1, "read_page": 2, "deep_research": 25}
