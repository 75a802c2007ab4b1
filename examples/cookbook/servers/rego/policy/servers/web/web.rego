# METADATA
# title: Known hosts
# description: |
#   Pages of a few hosts are fetched, by https. The host is compared as it is written, so that no address in numbers, no
#   port, no user before an `@` and no name in another alphabet can stand for it. Where a redirection leads is for the
#   server and its network to stop.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.web

# METADATA
# title: Thirty pages a minute
rules.fetch contains {
	"id": "thirty-a-minute",
	"action": "allow",
	"rate_limit": {"max": 30, "window": 60},
}

# METADATA
# title: Of known hosts
rules.fetch contains {
	"id": "known-hosts",
	"action": "deny",
	"reason": "Only https://docs.example.com/ and https://api.example.com/ are fetched",
} if not _is_known

_is_known if {
	object.keys(input.args) - {"url", "max_length"} == set()
	url := input.args.url
	regex.match(`^[a-zA-Z0-9._~:/?#=&%+,-]+$`, url)
	count(url) <= 1000
	["https:", "", host] = array.slice(split(url, "/"), 0, 3)
	host in {"docs.example.com", "api.example.com"}
}
