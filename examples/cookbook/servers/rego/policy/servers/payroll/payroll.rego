# METADATA
# title: Office hours
# description: |
#   Pay runs start while there is somebody to see them. Day and hour are the gate's, in the time zone that regate.yaml
#   names (`timezone: Europe/Berlin`), summer time included; nothing in a call changes them.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.payroll

# METADATA
# title: Two pay runs, and one more each 12 hours
rules.start_pay_run contains {
	"id": "few-runs",
	"action": "allow",
	"rate_limit": {"max": 2, "window": 86400, "per": "everyone"},
}

# METADATA
# title: In office hours only
rules.start_pay_run contains {
	"id": "office-hours",
	"action": "deny",
	"reason": "Pay runs start from Monday to Friday, 9 to 17 o'clock, and not on holidays",
} if not _is_open

_is_open if {
	input.time.weekday in {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}
	input.time.hour >= 9
	input.time.hour < 17
	today := substring(input.time.rfc3339, 0, 10)
	not today in _holidays
}

_holidays := {"2026-12-24", "2026-12-25", "2026-12-31", "2027-01-01"}
