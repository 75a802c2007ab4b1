# METADATA
# title: Tests of rows and sizes
package policy.servers.reports_test

import data.regate

_decide(tool, args) := decision if {
	decision := regate.decision with input as {"server": "reports", "tool": tool, "category": "Read", "args": args}
}

_refused(args) if {
	decision := _decide("export_rows", args)
	decision.action == "deny"
	decision.reasons == ["Say limit: a whole number from 1 to 1,000"]
}

test_a_page_costs_its_rows if {
	every limit in [1, 250, 1000] {
		decision := _decide("export_rows", {"table": "orders", "limit": limit, "offset": 5000})
		decision.action == "allow"
		decision.rate_limits[0].cost == limit
	}
}

test_more_or_no_limit if {
	every limit in [0, -1, 1001, 1.5, 9007199254740993, "100", "", null, true, [100], {"max": 100}] {
		_refused({"table": "orders", "limit": limit})
	}
	every args in [{}, null, [], {"table": "orders"}, {"Limit": 10}, {"limit ": 10}] { _refused(args) }
}

test_short_uploads if {
	decision := _decide("upload_report", {"content": _letters(65536)})
	decision.action == "allow"
	decision.redact == ["/content"]
	_decide("upload_report", {"content": ""}).action == "allow"
}

test_long_uploads if {
	every args in [
		{"content": _letters(65537)},
		{},
		null,
		{"content": null},
		{"content": 7},
		{"content": [_letters(70000)]},
		{"content": {"text": "x"}},
	] {
		decision := _decide("upload_report", args)
		decision.action == "deny"
		decision.reasons == ["A report has at most 65,536 characters"]
	}
}

_letters(length) := concat("", [letter | some _ in numbers.range(1, length); letter := "a"])
