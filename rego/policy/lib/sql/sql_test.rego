# METADATA
# title: Tests of what a text of SQL is
package policy.lib.sql_test

import data.policy.lib.sql

_beginnings := {"select ", "insert into "}

test_one_statement_that_begins_so if {
	every statement in [
		"select 1",
		"SELECT * FROM t;",
		"  Select\n\t*\r\nfrom t ; ",
		"insert   into t values (1)",
		"INSERT\nINTO t SELECT * FROM u",
		"select",
	] {
		sql.begins_with(statement, _beginnings)
	}
}

test_another_statement if {
	every statement in [
		"",
		" ",
		";",
		"delete from t",
		"insert or replace into t values (1)",
		"selectx",
		"select/**/1",
		"/* a */ select 1",
		"-- a\nselect 1",
		"(select 1)",
		"explain select 1",
		"; select 1",
	] {
		not sql.begins_with(statement, _beginnings)
	}
}

test_several_statements if {
	every statement in ["select 1; drop table t", "select 1;;drop table t;", "select ';'", "select 1; -- done"] {
		not sql.begins_with(statement, _beginnings)
	}
}

test_what_is_no_text if {
	every statement in [null, true, 7, [], ["select 1"], {}] { not sql.begins_with(statement, _beginnings) }
}
