# METADATA
# title: Tests of the rules for the reference server
package policy.servers.everything_test

import data.regate
import data.regate_test

_decide(tool, args) := decision if {
	reviewed := data.catalogue.everything.tools[tool]
	decision := regate.decision with input as {
		"server": "everything",
		"tool": tool,
		"category": reviewed.category,
		"severity": reviewed.severity,
		"args": args,
	}
}

test_the_environment_is_denied_and_hidden if {
	_decide("get-env", {}) == object.union(regate_test.denied, {
		"reasons": ["Environment variables hold credentials"],
		"rules": ["policy.servers.everything/no-environment"],
		"hidden": true,
	})
}

test_content_that_is_given_is_compressed if {
	_decide("gzip-file-as-resource", {"data": "data:text/plain,hello"}) == object.union(regate_test.allowed, {
		"rules": ["policy.defaults/write-limited", "policy.servers.everything/gzip-by-default"],
		"rate_limits": [{
			"rule": "policy.defaults/write-limited",
			"max": 10,
			"window": 60,
			"per": "session",
			"over": "tool",
			"cost": 1,
		}],
	})
}

test_nothing_is_fetched if {
	every args in [
		{},
		{"data": "http://169.254.169.254/latest/meta-data/"},
		{"data": "https://example.com/data:"},
		{"data": "DATA:text/plain,hello"},
		{"data": ""},
		{"data": null},
		{"data": 7},
		{"data": ["data:text/plain,hello"]},
		{"Data": "data:text/plain,hello"},
		null,
		"data:",
	] {
		decision := _decide("gzip-file-as-resource", args)
		decision.action == "deny"
		decision.reasons == ["Give the content itself in `data`, as a data: URI; the server fetches nothing"]
		"policy.servers.everything/no-fetching" in decision.rules
		not decision.hidden
	}
}

test_waiting_costs_its_seconds if {
	every duration in [0, 1, 0.5, 600, 601, 9007199254740993] { _wait({"duration": duration}) == _waited(duration) }
}

test_waiting_less_than_nothing_costs_nothing if _wait({"duration": -5}) == _waited(0)

test_waiting_for_an_unknown_time_costs_what_the_server_waits if {
	every args in [{}, {"duration": null}, {"duration": "60"}, {"duration": [60]}, {"Duration": 60}, null, 60] {
		_wait(args) == _waited(10)
	}
}

test_waiting_for_ever_is_denied if {
	_wait({"duration": 1e400}) == object.union(regate_test.denied, {
		"reasons": ["A rule that speaks to this call is malformed"],
		"malformed": ["policy.servers.everything/seconds-of-waiting: rate_limit"],
	})
}

_wait(args) := _decide("trigger-long-running-operation", args)

_waited(cost) := object.union(regate_test.allowed, {
	"rules": ["policy.servers.everything/seconds-of-waiting"],
	"rate_limits": [{
		"rule": "policy.servers.everything/seconds-of-waiting",
		"max": 600,
		"window": 600,
		"per": "session",
		"over": "tool",
		"cost": cost,
	}],
})

test_every_other_tool_is_allowed if {
	every tool in object.keys(data.catalogue.everything.tools) - {"get-env", "gzip-file-as-resource"} {
		_decide(tool, {}).action == "allow"
	}
}
