# METADATA
# title: Tests of SQL that only reads
package policy.servers.warehouse_test

import data.regate

_decide(args) := decision if {
	decision := regate.decision with input as {"server": "warehouse", "tool": "query", "category": "Execute", "args": args}
}

_refused(args) if {
	decision := _decide(args)
	decision.action == "deny"
	decision.reasons == ["Write one SELECT without comments, which calls only common functions and changes nothing"]
}

test_queries_that_read if {
	every sql in [
		"select 1",
		"SELECT name, COUNT(*) FROM customers WHERE city = 'Bern' GROUP BY name",
		"Select\n\tmax(o.total)\nfrom orders o join customers c on (c.id = o.customer)",
		"with big as (select * from orders where total > 100.5) select avg(total) from big",
		"select * from t where id in (1, 2, 3) and not exists (select 1 from u where u.id = t.id)",
		"select \"select\", t.\"Name\" from t where a <> -1 and b like '%x_' or c ->> 'k' = $1",
		"select (1 + 2) * 3, cast(a as text) from t",
		"(select 1) union (select 2)",
		"with x as materialized (select 1) select sum(n) over (order by n) from x",
		"select updated_at, deleted from t",
		"select a * (b + 1) from t where c = (select max(c) from u) and d between (1) and 2",
	] {
		_decide({"sql": sql}).action == "allow"
	}
}

test_statements_that_change if {
	every sql in [
		"delete from t",
		"drop table t",
		"UPDATE t SET a = 1",
		"insert into t values (1)",
		"truncate t",
		"explain analyze delete from t",
		"copy t to program 'sh'",
		"call p(1)",
		"do 'x'",
		"pragma writable_schema = 1",
		"attach 'x.db' as x",
		"vacuum into 'x.db'",
		"set role admin",
		"show all",
		"",
		" ",
	] {
		_refused({"sql": sql})
	}
}

test_changes_within_a_query if {
	every sql in [
		"with gone as (delete from t returning *) select * from gone",
		"WITH x AS (\nDeLeTe\nFROM t RETURNING 1) SELECT * FROM x",
		"with x as (select 1) insert into t select * from x",
		"select * into copy_of from t",
		"select * from t for update",
		"select * from t for share",
		"select * from t into outfile '/tmp/x'",
		"select 1 into dumpfile '/tmp/x'",
		"select 1 as a,delete from t",
		"select 1.delete",
		"select 1 waitfor delay '0:0:9'",
		"select 1 kill 53",
		"select (delete from t)",
		"select count(update)",
		"select 1)delete(from t",
		"select 'please update it'",
	] {
		_refused({"sql": sql})
	}
}

test_second_statements_and_comments if {
	every sql in [
		"select 1; drop table t",
		"select 1;",
		"select ';'",
		"select 1\\; drop table t",
		"select 1 -- x",
		"-- x\nselect 1",
		"/* x */ select 1",
		"select/**/1",
		"select 1 /*!50000 union select 2 */",
		"select 1 # x",
		"select pg_sleep/**/(9)",
	] {
		_refused({"sql": sql})
	}
}

test_functions_that_do_more if {
	every sql in [
		"select pg_read_file('/etc/passwd')",
		"select pg_sleep (9)",
		"select PG_TERMINATE_BACKEND\n(1)",
		"select \"pg_read_file\"('/etc/passwd')",
		"select pg_catalog.pg_read_file('/etc/passwd')",
		"select lo_export(1, '/tmp/x')",
		"select dblink('host=x', 'select 1')",
		"select load_file('/etc/passwd')",
		"select set_config('a', 'b', false)",
		"select nextval('s')",
		"select query_to_xml('drop table t', true, true, '')",
		"select * from read_csv('/etc/passwd')",
		"select load_extension('x')",
		"select xp_cmdshell('x')",
		"select [xp_cmdshell]('x')",
	] {
		_refused({"sql": sql})
	}
}

test_letters_that_only_look_so if {
	every sql in [
		"select u&\"\\0070g_read_file\"('/etc/passwd')",
		"select pg_\u0072ead_file('x')",
		"\uff33\uff25\uff2c\uff25\uff23\uff34 1",
		"select\u00a01",
		"select\u000b1",
		"select\u200b1",
		"select 1\u0000; drop table t",
		"\ufeffselect 1",
		"select \u212aey from t",
		"select 'Z\u00fcrich'",
	] {
		_refused({"sql": sql})
	}
}

_of_length(length) := $"select {concat("", [letter | some _ in numbers.range(8, length); letter := "a"])}"

test_a_long_query if _decide({"sql": _of_length(5000)}).action == "allow"

test_what_is_no_query if {
	every args in [
		{},
		null,
		[],
		"select 1",
		{"sql": null},
		{"sql": 1},
		{"sql": ["select 1", "drop table t"]},
		{"SQL": "select 1"},
		{"sql": "select 1", "query": "drop table t"},
		{"sql": "select 1", "params": ["x"]},
		{"sql": _of_length(5001)},
	] {
		_refused(args)
	}
}
