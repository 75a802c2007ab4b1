# METADATA
# title: Tests of the guardrails
package policy.guardrails_test

import data.regate

_call := {
	"server": "deploys",
	"tool": "restart",
	"category": "Write",
	"severity": "low",
	"args": {},
	"principal": {"id": "ann", "groups": ["writers"], "claims": {}},
	"time": _on("2026-11-02"),
	"definition": {"catalogued": true, "changed": false},
}

_on(day) := {"unix": 1793620800, "rfc3339": $"{day}T12:00:00+01:00", "weekday": "Monday", "hour": 12}

_decide(changes) := decision if {
	decision := regate.decision with input as object.union(object.remove(_call, object.keys(changes)), changes)
}

_by(groups) := {"id": "ann", "groups": groups, "claims": {"groups": ["writers", "release-managers"]}}

_refused_by(id, changes) if {
	decision := _decide(changes)
	decision.action == "deny"
	$"policy.guardrails/{id}" in decision.rules
}

test_a_plain_call_passes if {
	_decide({}).rules == ["policy.defaults/write-limited"]
	_decide({"tool": "get_status", "category": "Read"}).rules == ["policy.defaults/read-allowed"]
}

test_nothing_is_changed_in_a_freeze if {
	every day in ["2026-12-18", "2026-12-31", "2027-01-03", "2027-03-30"] {
		_refused_by("production-freeze", {"time": _on(day)})
		_decide({"time": _on(day), "category": "Read"}).action == "allow"
	}
	every day in ["2026-12-17", "2027-01-04", "2028-12-20"] { _decide({"time": _on(day)}).action == "allow" }
}

test_release_managers_go_on if {
	frozen := _on("2026-12-20")
	_decide({"time": frozen, "principal": _by(["release-managers", "writers"])}).action == "allow"
	_refused_by("production-freeze", {"time": frozen, "principal": _by(["Release-Managers", "writers"])})
	_refused_by("production-freeze", {"time": frozen, "principal": _by(["writers", ["release-managers"]])})
}

test_a_day_that_is_none_is_frozen if {
	every moment in [
		null,
		{},
		{"rfc3339": null},
		{"rfc3339": 7},
		{"rfc3339": ""},
		{"rfc3339": "0000-00-00"},
		{"rfc3339": "9999-01-01"},
	] {
		_refused_by("production-freeze", {"time": moment})
	}
}

test_who_does_not_write_only_reads if {
	_refused_by("only-writers-write", {"principal": null})
	every groups in [[], ["Writers"], ["readers"], "writers", null, [["writers"]]] {
		every category in ["Write", "Execute", "Financial", "Destructive", "Unknown", "read", null] {
			_refused_by("only-writers-write", {"principal": _by(groups), "category": category})
		}
		_decide({"principal": _by(groups), "category": "Read"}).action == "allow"
	}
}

test_what_nobody_reviewed_is_denied_and_hidden if {
	every definition in [null, {}, {"catalogued": false, "changed": false}] {
		decision := _decide({"category": "Read", "definition": definition})
		decision.action == "deny"
		decision.hidden == true
		decision.reasons == ["Nobody has reviewed this tool"]
	}
}

test_other_requests_are_none_of_it if {
	every method in ["initialize", "tools/list", "resources/read"] {
		decision := regate.decision with input as {"server": "deploys", "method": method, "params": {}}
		decision.action == "allow"
	}
}
