# METADATA
# title: Answers without what agents need not know
# description: |
#   Rules for calls say who may ask; `results` say what comes back. The server says everything twice, as text and as
#   data, so that both are masked.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.customers

# METADATA
# title: Customers are looked up
rules.get_customer contains {
	"id": "looks-up",
	"action": "allow",
	"rate_limit": {"max": 20, "window": 600, "per": "principal"},
}

# METADATA
# title: Searching is allowed
rules.search_customers contains {"id": "searches", "action": "allow"}

# METADATA
# title: Accounts and birthdays are masked
# description: The text says the same as the data, at no place that could be named.
results.get_customer contains {
	"id": "no-personal-data",
	"action": "redact",
	"redact": ["/content", "/structuredContent/iban", "/structuredContent/born"],
}

# METADATA
# title: Keys in any answer are masked
results["*"] contains {"id": "no-keys", "action": "redact", "secrets": true}

# METADATA
# title: No lists of customers
# description: An answer that can't be counted is withheld too.
results.search_customers contains {
	"id": "no-lists",
	"action": "refuse",
	"reason": "More than 20 customers match: ask for fewer",
} if not _is_short

_is_short if {
	is_array(input.result.structuredContent.customers)
	count(input.result.structuredContent.customers) <= 20
}
