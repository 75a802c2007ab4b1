# METADATA
# title: Tests of office hours
package policy.servers.payroll_test

import data.regate

_decide(moment) := decision if {
	decision := regate.decision with input as {"server": "payroll", "tool": "start_pay_run", "args": {}, "time": moment}
}

_at(day, weekday, hour) := {
	"unix": 1793620800,
	"rfc3339": $"{day}T{hour}:30:00+01:00",
	"weekday": weekday,
	"hour": hour,
}

_refused(moment) if {
	decision := _decide(moment)
	decision.action == "deny"
	decision.reasons == ["Pay runs start from Monday to Friday, 9 to 17 o'clock, and not on holidays"]
}

test_pay_runs_start_in_office_hours if {
	_decide(_at("2026-11-06", "Friday", 10)).rate_limits[0].per == "everyone"
	every hour in [9, 12, 16] { _decide(_at("2026-11-02", "Monday", hour)).action == "allow" }
}

test_not_before_and_not_after if {
	every hour in [0, 8, 17, 23] { _refused(_at("2026-11-02", "Monday", hour)) }
}

test_not_at_the_weekend_nor_on_holidays if {
	_refused(_at("2026-11-07", "Saturday", 10))
	_refused(_at("2026-11-08", "Sunday", 10))
	_refused(_at("2026-12-24", "Thursday", 10))
}

test_a_time_that_is_missing_or_none_is_closed if {
	open := _at("2026-11-02", "Monday", 10)
	every moment in [
		null,
		{},
		object.remove(open, ["hour"]),
		object.remove(open, ["weekday"]),
		object.remove(open, ["rfc3339"]),
		object.union(open, {"hour": "10"}),
		object.union(open, {"hour": null}),
		object.union(open, {"weekday": "monday"}),
		object.union(open, {"rfc3339": 20261102}),
	] {
		_refused(moment)
	}
}

# what a call says of the time is nothing that the rules look at
test_a_call_can_not_say_what_time_it_is if {
	args := {"time": _at("2026-11-02", "Monday", 10), "timezone": "Asia/Tokyo"}
	decision := regate.decision with input as {
		"server": "payroll",
		"tool": "start_pay_run",
		"args": args,
		"time": _at("2026-11-02", "Monday", 23),
	}
	decision.action == "deny"
}
