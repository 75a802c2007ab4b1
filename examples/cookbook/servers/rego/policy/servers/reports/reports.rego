# METADATA
# title: Rows and sizes
# description: |
#   One call reads at most 1,000 rows, and an hour at most 10,000: what a caller could take page by page is counted in
#   rows and not in calls. An upload is as long as it says in characters, each of one to four bytes.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.reports

# METADATA
# title: 10,000 rows an hour
rules.export_rows contains {
	"id": "rows-an-hour",
	"action": "allow",
	"rate_limit": {"max": 10000, "window": 3600, "per": "principal", "cost": _rows},
}

# METADATA
# title: 1,000 rows a call
rules.export_rows contains {
	"id": "rows-a-call",
	"action": "deny",
	"reason": "Say limit: a whole number from 1 to 1,000",
} if not _is_page

# METADATA
# title: Ten uploads an hour
rules.upload_report contains {
	"id": "uploads",
	"action": "allow",
	"rate_limit": {"max": 10, "window": 3600},
	"redact": ["/content"],
}

# METADATA
# title: 65,536 characters an upload
rules.upload_report contains {
	"id": "short-uploads",
	"action": "deny",
	"reason": "A report has at most 65,536 characters",
} if not _is_short

# what a call costs that is denied anyway
default _rows := 1000

_rows := input.args.limit if _is_page

_is_page if {
	input.args.limit >= 1
	input.args.limit <= 1000
	floor(input.args.limit) == input.args.limit
}

_is_short if {
	is_string(input.args.content)
	count(input.args.content) <= 65536
}
