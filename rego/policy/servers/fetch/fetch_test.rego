# METADATA
# title: Tests of the rules for Fetch
package policy.servers.fetch_test

import data.policy.servers_test
import data.regate

_rule(id) := $"policy.servers.fetch/{id}"

_fetch(args) := servers_test.decide("fetch", "fetch", args)

_fetched(rules) := object.union(
	servers_test.allowed(array.concat([_rule("thirty-pages-a-minute")], rules)),
	{"rate_limits": [servers_test.limit(_rule("thirty-pages-a-minute"), {"max": 30, "window": 60})]},
)

_internal := "Only public http and https addresses are fetched"

test_public_pages_are_fetched if {
	every url in ["https://example.com", "http://8.8.8.8/a?b"] { _fetch({"url": url, "raw": true}) == _fetched([]) }
}

test_internal_addresses_are_not_fetched if {
	every url in [
		"http://169.254.169.254/latest/meta-data/iam/security-credentials/",
		"http://localhost:8080",
		"http://10.0.0.1/",
		"http://[::1]/",
		"http://metadata.google.internal/",
		"file:///etc/passwd",
		"",
	] {
		_fetch({"url": url}) == servers_test.refused(_fetched([_rule("no-internal-addresses")]), _internal)
	}
}

test_a_call_without_an_address_is_denied if {
	every args in [{}, {"url": null}, {"url": 7}, {"url": ["https://example.com"]}, {"URL": "https://example.com"}, null] {
		_fetch(args) == servers_test.refused(
			_fetched([_rule("long-address-approved"), _rule("no-internal-addresses")]),
			_internal,
		)
	}
}

test_a_long_address_needs_approval if {
	_padded := concat("", ["https://example.com/", concat("", ["a" | some _ in numbers.range(1, 980)])])
	_fetch({"url": _padded}) == _fetched([])
	_fetch({"url": $"{_padded}a"}) == servers_test.asked(
		_fetched([_rule("long-address-approved")]),
		["An address of more than 1,000 characters can carry data out"],
	)
}

test_the_prompt_fetches_public_pages_only if {
	_prompt({"arguments": {"url": "https://example.com"}}) == servers_test.read([_rule("prompt-by-default")])
	every params in [
		{"name": "fetch", "arguments": {"url": "http://169.254.169.254/"}},
		{"name": "fetch", "arguments": {}},
		{"name": "fetch"},
		{},
		null,
	] {
		_prompt(params) == servers_test.refused(
			servers_test.read([_rule("no-internal-addresses-in-prompts"), _rule("prompt-by-default")]),
			_internal,
		)
	}
}

_prompt(params) := decision if {
	decision := regate.decision with input as {"server": "fetch", "method": "prompts/get", "params": params}
}
