# METADATA
# title: Tests of read before write
package policy.servers.wiki_test

import data.regate

_decide(tool, args, labels) := decision if {
	decision := regate.decision with input as {
		"server": "wiki",
		"tool": tool,
		"category": "Write",
		"args": args,
		"history": {"tools": {"wiki/read_page": 9}, "categories": {}, "labels": labels},
	}
}

_page := {"id": "handbook-1", "text": "x"}

_refused(args, labels) if {
	decision := _decide("update_page", args, labels)
	decision.action == "deny"
	decision.reasons == ["Read this page first: who changes it must know what it says"]
}

test_reading_is_remembered_by_page if {
	decision := _decide("read_page", _page, {})
	decision.action == "allow"
	decision.labels == ["wiki-read handbook-1"]
}

test_what_was_read_may_be_changed if {
	decision := _decide("update_page", _page, {"wiki-read handbook-1": 1})
	decision.action == "allow"
	decision.rate_limits[0].max == 10
}

test_what_was_not_read_may_not if {
	decision := regate.decision with input as {"server": "wiki", "tool": "update_page", "args": _page}
	decision.action == "deny"
	every labels in [
		{},
		{"wiki-read handbook-2": 1},
		{"wiki-read handbook-10": 1},
		{"wiki-read Handbook-1": 1},
		{"handbook-1": 1},
		{"wiki-read <undefined>": 1},
	] {
		_refused(_page, labels)
	}
}

# each of these would have a label all the same
test_what_is_no_id_is_neither_read_nor_changed if {
	_decide("read_page", {"id": _letters(64)}, {}).action == "allow"
	every args in [
		{},
		null,
		{"id": null},
		{"id": ""},
		{"id": 7},
		{"id": true},
		{"id": ["handbook-1"]},
		{"id": "Handbook-1"},
		{"id": "handbook-1 "},
		{"id": "../handbook-1"},
		{"id": "h\u0430ndbook-1"},
		{"id": _letters(65)},
	] {
		_decide("read_page", args, {}).action == "deny"
		_refused(args, {
			"wiki-read <undefined>": 1,
			"wiki-read null": 1,
			"wiki-read ": 1,
			"wiki-read 7": 1,
			"wiki-read true": 1,
			$"wiki-read {_letters(65)}": 1,
		})
	}
}

_letters(length) := concat("", [letter | some _ in numbers.range(1, length); letter := "a"])
