# METADATA
# title: Tests of answers
package policy.servers.customers_test

import data.regate

_judge(tool, result, secrets) := decision if {
	decision := regate.result with input as {
		"server": "customers",
		"tool": tool,
		"answer": "result",
		"result": result,
		"secrets": secrets,
	}
}

_key := {"kind": "api_key", "pointer": "/content/0/text", "count": 1}

test_who_may_ask if {
	lookup := regate.decision with input as {"server": "customers", "tool": "get_customer", "args": {}}
	lookup.action == "allow"
	search := regate.decision with input as {"server": "customers", "tool": "search_customers", "args": {}}
	search.action == "allow"
}

test_accounts_and_birthdays_are_masked if {
	_judge("get_customer", {"structuredContent": {"name": "Ann", "iban": "CH93"}}, []) == {
		"action": "redact",
		"reasons": [],
		"rules": ["policy.servers.customers/no-keys", "policy.servers.customers/no-personal-data"],
		"malformed": [],
		"redact": ["/content", "/structuredContent/born", "/structuredContent/iban"],
		"secrets": [],
	}
}

test_keys_are_masked_wherever_they_are_found if {
	_judge("search_customers", {"structuredContent": {"customers": []}}, [_key]).secrets == ["api_key"]
	_judge("get_customer", {}, [_key]).secrets == ["api_key"]
	_judge("list_regions", {}, [_key]).secrets == ["api_key"]
}

test_short_lists_pass if {
	every length in [1, 20] {
		_judge("search_customers", {"structuredContent": {"customers": numbers.range(1, length)}}, []).action == "redact"
	}
}

test_long_lists_are_withheld if {
	decision := _judge("search_customers", {"structuredContent": {"customers": numbers.range(1, 21)}}, [])
	decision.action == "refuse"
	decision.reasons == ["More than 20 customers match: ask for fewer"]
}

test_lists_that_can_not_be_counted_are_withheld if {
	every result in [
		null,
		{},
		{"content": [{"type": "text", "text": "Ann, Bob, ..."}]},
		{"structuredContent": {"customers": {"1": "Ann"}}},
		{"structuredContent": {"customers": "Ann"}},
		{"structuredContent": {"Customers": []}},
		{"structuredContent": [[]]},
	] {
		_judge("search_customers", result, []).action == "refuse"
	}
}
