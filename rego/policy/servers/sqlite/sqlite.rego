# METADATA
# title: SQLite
# description: |
#   Agents read and add; what changes or deletes is a person's decision. write_query and create_table take more than
#   their names say (DROP, ATTACH, PRAGMA), so that each is held to the statements that it is for.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.sqlite

import data.policy.lib.sql

# METADATA
# title: Sixty queries a minute
rules.read_query contains {
	"id": "sixty-queries-a-minute",
	"action": "allow",
	"rate_limit": {"max": 60, "window": 60},
}

# METADATA
# title: Reading is one SELECT
rules.read_query contains {
	"id": "one-select",
	"action": "deny",
	"reason": "Write one SELECT, without semicolons in it",
} if not _is_select

# METADATA
# title: Rows are added within limits
rules.write_query contains {
	"id": "ten-statements-a-minute",
	"action": "allow",
	"rate_limit": {"max": 10, "window": 60},
}

# METADATA
# title: Changes and deletes are a person's decision
# description: "`INSERT OR REPLACE` and `ON CONFLICT` change rows that are there."
rules.write_query contains {
	"id": "changes-approved",
	"action": "require_approval",
	"reason": "What is changed or deleted can't be brought back; only INSERT INTO needs nobody",
} if not _is_insert

# METADATA
# title: Nothing but rows is written
# description: DROP, ALTER, ATTACH, PRAGMA and VACUUM reach beyond the rows, ATTACH and VACUUM to other files.
rules.write_query contains {
	"id": "only-rows",
	"action": "deny",
	"reason": "Write one INSERT, UPDATE or DELETE, without semicolons in it",
} if not _is_of_rows

# METADATA
# title: Tables are created within limits
rules.create_table contains {
	"id": "table-by-default",
	"action": "inherit",
}

# METADATA
# title: Creating is one CREATE TABLE
rules.create_table contains {
	"id": "one-table",
	"action": "deny",
	"reason": "Write one CREATE TABLE, without semicolons in it",
} if not _is_table

# METADATA
# title: Describing follows the defaults
rules.describe_table contains {
	"id": "describe-by-default",
	"action": "inherit",
}

# METADATA
# title: A table has a plain name
# description: The server pastes the name into a statement.
rules.describe_table contains {
	"id": "plain-table-name",
	"action": "deny",
	"reason": "Name a table by letters, digits and underscores",
} if not _is_plain_name

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.sqlite.read_query
_is_select if sql.begins_with(input.args.query, {"select "})

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.sqlite.write_query
_is_insert if {
	sql.begins_with(input.args.query, {"insert into "})
	text := lower(input.args.query)
	not contains(text, "conflict")
}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.sqlite.write_query
_is_of_rows if sql.begins_with(input.args.query, {"insert ", "update ", "delete from "})

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.sqlite.create_table
_is_table if sql.begins_with(input.args.query, {"create table "})

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.sqlite.describe_table
_is_plain_name if trim(lower(input.args.table_name), "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
