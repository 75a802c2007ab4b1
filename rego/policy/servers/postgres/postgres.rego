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

# By any mention: a name in quotes or in a comment is denied too. `u&"` writes names that can't be read here; what runs
# a text as a query (`ts_stat`, `query_to_xml`, `crosstab`), or takes a table by a text, can put a name together.
_reaches_out(text) if {
	some name in _names_beyond
	contains(text, name)
}

_names_beyond := [
	"_to_xml",
	"crosstab",
	"dblink",
	"lo_export",
	"lo_import",
	"pg_advisory",
	"pg_authid",
	"pg_cancel_backend",
	"pg_create_",
	"pg_drop_",
	"pg_file_settings",
	"pg_hba_",
	"pg_logical_",
	"pg_ls_",
	"pg_notify",
	"pg_promote",
	"pg_read_",
	"pg_reload_conf",
	"pg_rotate_logfile",
	"pg_shadow",
	"pg_sleep",
	"pg_stat_activity",
	"pg_stat_file",
	"pg_stat_get_activity",
	"pg_subscription",
	"pg_switch_wal",
	"pg_terminate_backend",
	"pg_try_advisory",
	"pg_user_mapping",
	"set_config",
	"ts_rewrite",
	"ts_stat",
	`u&"`,
]
