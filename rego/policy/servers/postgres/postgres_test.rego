# METADATA
# title: Tests of the rules for PostgreSQL
package policy.servers.postgres_test

import data.policy.servers_test

_rule(id) := $"policy.servers.postgres/{id}"

_queried(rules) := object.union(
	servers_test.allowed(array.concat([_rule("thirty-queries-a-minute")], rules)),
	{"rate_limits": [servers_test.limit(_rule("thirty-queries-a-minute"), {"max": 30, "window": 60})]},
)

_query(text) := servers_test.decide("postgres", "query", {"sql": text})

_one_statement := "Write one SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN, without semicolons in it"

_within := "Files, passwords, other servers and other sessions are not for agents"

test_one_statement_that_reads_is_run if {
	every text in [
		"SELECT * FROM orders WHERE name LIKE 'pg%';",
		"with x as (select 1) select * from x",
		"VALUES (1), (2)",
		"table orders",
		"show server_version",
		"explain\nselect 1",
	] {
		_query(text) == _queried([])
	}
}

test_several_statements_are_denied if {
	every text in [
		"COMMIT; DROP SCHEMA public CASCADE;",
		"select 1; commit; drop table orders",
		"drop table orders",
		"insert into orders values (1)",
		"copy orders to '/tmp/a'",
		"set role admin",
		"select ';'",
		"",
	] {
		_query(text) == servers_test.refused(_queried([_rule("one-reading-statement")]), _one_statement)
	}
}

test_what_reaches_beyond_the_tables_is_denied if {
	every text in [
		"select pg_read_file('/etc/passwd')",
		"SELECT PG_LS_DIR('/')",
		"select * from pg_stat_file('a')",
		"select lo_import('/etc/passwd')",
		"select lo_export(1, '/tmp/a')",
		"select * from dblink('host=10.0.0.1', 'select 1') as t(a int)",
		"select * from pg_shadow",
		"select * from pg_authid",
		"select * from pg_user_mappings",
		"select * from ts_stat('select pg_re' || 'ad_file(''/etc/passwd'')')",
		"select ts_rewrite('a', 'select pg_re' || 'ad_file(''/etc/passwd'')')",
		"select * from crosstab('select pg_re' || 'ad_file(''/etc/passwd'')')",
		"select table_to_xml(('pg_auth' || 'id')::regclass, true, false, '')",
		"select database_to_xml(true, false, '')",
		"select * from pg_stat_activity",
		"select * from pg_stat_get_activity(null)",
		"select * from pg_hba_file_rules",
		"select * from pg_file_settings",
		"select subconninfo from pg_subscription",
		"select pg_advisory_lock(1)",
		"select pg_try_advisory_lock(1)",
		"select pg_switch_wal()",
		"select pg_promote()",
		"select pg_rotate_logfile()",
		"select pg_logical_emit_message(false, 'a', 'b')",
		"select pg_create_physical_replication_slot('a')",
		"select pg_drop_replication_slot('a')",
		"select pg_terminate_backend(1)",
		"select pg_cancel_backend(1)",
		"select pg_reload_conf()",
		"select pg_sleep(1000)",
		"select pg_notify('a', 'b')",
		"select set_config('role', 'admin', false)",
		"select query_to_xml('select 1', true, true, '')",
		`select * from U&"pg\005fshadow"`,
	] {
		_query(text) == servers_test.refused(_queried([_rule("within-the-tables")]), _within)
	}
}

test_what_is_no_text_is_denied if {
	every args in [{}, {"sql": null}, {"sql": 7}, {"sql": ["select 1"]}, {"SQL": "select 1"}, null, "select 1"] {
		servers_test.decide("postgres", "query", args) == object.union(
			_queried([_rule("one-reading-statement"), _rule("within-the-tables")]),
			{"action": "deny", "reasons": [_within, _one_statement]},
		)
	}
}
