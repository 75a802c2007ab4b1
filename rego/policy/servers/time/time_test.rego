# METADATA
# title: Tests of the rules for Time
package policy.servers.time_test

import data.policy.servers_test

test_the_time_is_told_within_limits if {
	every tool in ["convert_time", "get_current_time"] {
		every args in [{}, {"timezone": "Europe/Vienna"}, null] {
			servers_test.decide("time", tool, args) == object.union(
				servers_test.read(["policy.servers.time/sixty-a-minute"]),
				{"rate_limits": [servers_test.limit("policy.servers.time/sixty-a-minute", {
					"max": 60,
					"window": 60,
					"over": "server",
				})]},
			)
		}
	}
}
