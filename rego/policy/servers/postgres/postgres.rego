# METADATA
# title: PostgreSQL
# description: |
#   The server runs what it is given inside of a read-only transaction, which the text itself can end. One statement
#   can't; what a read-only transaction does not hold back either (files, other servers, other sessions) is denied by
#   name. Give the server a role that may only read, and only what agents may see.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.postgres

import data.policy.lib.sql

# METADATA
# title: Thirty queries a minute
rules.query contains {
	"id": "thirty-queries-a-minute",
	"action": "allow",
	"rate_limit": {"max": 30, "window": 60},
}

# METADATA
# title: A query is one statement that reads
rules.query contains {
	"id": "one-reading-statement",
	"action": "deny",
	"reason": "Write one SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN, without semicolons in it",
} if not _reads

# METADATA
# title: A query stays within the tables
# description: Whatever is no text is denied as well.
rules.query contains {
	"id": "within-the-tables",
	"action": "deny",
	"reason": "Files, passwords, other servers and other sessions are not for agents",
} if not _stays_within

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.postgres.query
_reads if sql.begins_with(input.args.sql, {"explain ", "select ", "show ", "table ", "values ", "with "})

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.postgres.query
_stays_within if {
	text := lower(input.args.sql)
	not _reaches_out(text)
}

# By any mention: a name in quotes or in a comment is denied too. `u&"` writes names that can't be read here.
_reaches_out(text) if {
	some name in [
		"dblink",
		"lo_export",
		"lo_import",
		"pg_authid",
		"pg_cancel_backend",
		"pg_ls_",
		"pg_notify",
		"pg_read_",
		"pg_reload_conf",
		"pg_shadow",
		"pg_sleep",
		"pg_stat_file",
		"pg_terminate_backend",
		"pg_user_mapping",
		"query_to_xml",
		"set_config",
		`u&"`,
	]
	contains(text, name)
}
