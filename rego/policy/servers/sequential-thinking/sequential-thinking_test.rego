# METADATA
# title: Tests of the rules for Sequential thinking
package policy.servers["sequential-thinking_test"]

import data.policy.servers_test

test_thinking_is_limited if {
	rule := `policy.servers["sequential-thinking"]/hundred-thoughts`
	every args in [{"thought": "First,", "thoughtNumber": 1}, {}, null] {
		servers_test.decide("sequential-thinking", "sequentialthinking", args) == object.union(
			servers_test.allowed([rule]),
			{"rate_limits": [servers_test.limit(rule, {"max": 100, "window": 600})]},
		)
	}
}
