# METADATA
# title: Tests of the rules for SQLite
package policy.servers.sqlite_test

import data.policy.servers_test

_rule(id) := $"policy.servers.sqlite/{id}"

_decide(tool, query) := servers_test.decide("sqlite", tool, {"query": query})

_queried(rules) := object.union(
	servers_test.allowed(array.concat([_rule("sixty-queries-a-minute")], rules)),
	{"rate_limits": [servers_test.limit(_rule("sixty-queries-a-minute"), {"max": 60, "window": 60})]},
)

_written(rules) := object.union(
	servers_test.allowed(array.concat([_rule("ten-statements-a-minute")], rules)),
	{"rate_limits": [servers_test.limit(_rule("ten-statements-a-minute"), {"max": 10, "window": 60})]},
)

_no_text := [null, true, 7, ["select 1"], {"sql": "select 1"}]

test_a_select_is_run if {
	every query in ["SELECT 1", "select *\nfrom t;"] { _decide("read_query", query) == _queried([]) }
}

test_anything_else_is_not_read if {
	every query in array.concat(["delete from t", "select 1; drop table t", "", "pragma table_info(t)"], _no_text) {
		_decide("read_query", query) == servers_test.refused(
			_queried([_rule("one-select")]),
			"Write one SELECT, without semicolons in it",
		)
	}
}

test_rows_are_added if {
	every query in ["INSERT INTO t VALUES (1)", "insert into t select * from u;"] {
		_decide("write_query", query) == _written([])
	}
}

test_changes_and_deletes_need_approval if {
	every query in [
		"update t set a = 1",
		"DELETE FROM t WHERE a = 1",
		"insert or replace into t values (1)",
		"insert into t values (1) on conflict (a) do update set b = 2",
		"INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2",
	] {
		_decide("write_query", query) == servers_test.asked(
			_written([_rule("changes-approved")]),
			["What is changed or deleted can't be brought back; only INSERT INTO needs nobody"],
		)
	}
}

test_nothing_but_rows_is_written if {
	every query in array.concat(
		[
			"drop table t",
			"alter table t rename to u",
			"attach 'other.db' as o",
			"pragma writable_schema = 1",
			"vacuum into 'copy.db'",
			"create table t (a)",
			"with x as (select 1) delete from t",
			"/* insert */ drop table t",
			"insert into t values (1); drop table t",
			"update t set a = ';'",
			"",
		],
		_no_text,
	) {
		_decide("write_query", query) == servers_test.refused(
			_written([_rule("changes-approved"), _rule("only-rows")]),
			"Write one INSERT, UPDATE or DELETE, without semicolons in it",
		)
	}
}

test_a_table_is_created if {
	_decide("create_table", "CREATE TABLE t (a INTEGER)") == servers_test.written([_rule("table-by-default")])
}

test_nothing_else_is_created if {
	every query in array.concat(["create table t (a); drop table u", "create trigger x", "drop table t", ""], _no_text) {
		_decide("create_table", query) == servers_test.refused(
			servers_test.written([_rule("one-table"), _rule("table-by-default")]),
			"Write one CREATE TABLE, without semicolons in it",
		)
	}
}

test_a_table_is_described_by_its_plain_name if {
	servers_test.decide("sqlite", "describe_table", {"table_name": "Orders_2026"}) == servers_test.read([
		_rule("describe-by-default"),
	])
	every args in [{"table_name": "t); drop table t"}, {"table_name": `"t"`}, {"table_name": null}, {}, null] {
		servers_test.decide("sqlite", "describe_table", args) == servers_test.refused(
			servers_test.read([_rule("describe-by-default"), _rule("plain-table-name")]),
			"Name a table by letters, digits and underscores",
		)
	}
}

test_every_other_tool_is_allowed if {
	restricted := {"create_table", "describe_table", "read_query", "write_query"}
	servers_test.restricted("sqlite", {}) == restricted
	servers_test.restricted("sqlite", null) == restricted
}
