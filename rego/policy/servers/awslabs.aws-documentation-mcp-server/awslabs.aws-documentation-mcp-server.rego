# METADATA
# title: AWS Documentation
# description: |
#   Agents read AWS's documentation, and follow the defaults. The server keeps to AWS's own sites by itself; these rules
#   say so where another version, or another server of that name, does not.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers["awslabs.aws-documentation-mcp-server"]

# METADATA
# title: Sixty pages a minute
rules["*"] contains {
	"id": "sixty-pages-a-minute",
	"action": "limit",
	"rate_limit": {"max": 60, "window": 60, "over": "server"},
}

# METADATA
# title: Only AWS's documentation
# description: The search takes no page; for every other tool a call without one is denied as well.
rules["*"] contains {
	"id": "only-aws-documentation",
	"action": "deny",
	"reason": "Only AWS's documentation is read, by https",
} if not _stays_with_aws

_stays_with_aws if input.tool == "search_documentation"

_stays_with_aws if {
	some site in [
		"https://awsdocs-neuron.readthedocs-hosted.com/",
		"https://docs.amazonaws.cn/",
		"https://docs.aws.amazon.com/",
	]
	startswith(input.args.url, site)
}
