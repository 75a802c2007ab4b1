# METADATA
# title: Fetch
# description: |
#   The server fetches whatever it is told from where it runs. Only public addresses are fetched, by the text of the
#   URL; a public name that leads to an internal address, or a redirection there, is for the network to stop.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.fetch

import data.policy.lib.addresses

# METADATA
# title: Thirty pages a minute
rules.fetch contains {
	"id": "thirty-pages-a-minute",
	"action": "allow",
	"rate_limit": {"max": 30, "window": 60},
}

# METADATA
# title: No internal addresses
# description: Metadata services of clouds hand out credentials; a call without a URL is denied as well.
rules.fetch contains {
	"id": "no-internal-addresses",
	"action": "deny",
	"reason": "Only public http and https addresses are fetched",
} if not _is_public

# METADATA
# title: A long address is a person's decision
rules.fetch contains {
	"id": "long-address-approved",
	"action": "require_approval",
	"reason": "An address of more than 1,000 characters can carry data out",
} if not _is_short

# METADATA
# title: The server's prompt follows the defaults
methods["prompts/get"] contains {
	"id": "prompt-by-default",
	"action": "inherit",
}

# METADATA
# title: No internal addresses in the prompt either
# description: The server's prompt fetches the URL that it is given, as the tool does.
methods["prompts/get"] contains {
	"id": "no-internal-addresses-in-prompts",
	"action": "deny",
	"reason": "Only public http and https addresses are fetched",
} if not _prompts_for_a_public_page

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.fetch.fetch
_is_public if addresses.is_public(input.args.url)

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.fetch.fetch
_is_short if {
	is_string(input.args.url)
	count(input.args.url) <= 1000
}

_prompts_for_a_public_page if addresses.is_public(input.params.arguments.url)
