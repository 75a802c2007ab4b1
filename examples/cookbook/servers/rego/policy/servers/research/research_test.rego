# METADATA
# title: Tests of one budget for several tools
package policy.servers.research_test

import data.regate

_decide(tool, args) := decision if {
	decision := regate.decision with input as {"server": "research", "tool": tool, "category": "Read", "args": args}
}

_point(cost) := {
	"rule": "policy.servers.research/points-an-hour",
	"max": 100,
	"window": 3600,
	"per": "principal",
	"over": "server",
	"cost": cost,
}

test_each_tool_has_its_price_in_one_bucket if {
	every tool, price in {"search": 1, "read_page": 2, "deep_research": 25} {
		decision := _decide(tool, {})
		decision.action == "allow"
		decision.rate_limits == [_point(price)]
	}
}

test_no_argument_changes_the_price if {
	every args in [null, {"price": 0}, {"tool": "search"}, {"cost": -25}] {
		_decide("deep_research", args).rate_limits == [_point(25)]
	}
}

# by default, reading is free
test_what_has_no_price_is_denied if {
	every tool in ["list_sources", "Search", "search ", "SEARCH", "s\u0435arch", "", "*"] {
		decision := _decide(tool, {})
		decision.action == "deny"
		decision.reasons == ["Only search, read_page and deep_research have a price"]
		decision.rate_limits == [_point(100)]
	}
}
