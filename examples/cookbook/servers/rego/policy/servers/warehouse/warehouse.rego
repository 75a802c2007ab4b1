# METADATA
# title: SQL that only reads
# description: |
#   By the words of the query, without parsing it: one SELECT, of known words, calling known functions. Whatever could
#   make a reader of SQL see other words than these (comments, a second statement, backslashes, letters beyond ASCII) is
#   denied. Strict on purpose: a text in quotes with a word such as `update` in it is denied too. The server's database
#   role should be one that may only read; this is the second lock. For PostgreSQL, MySQL, SQLite and SQL Server; not
#   for DuckDB, where a name in quotes behind FROM is a file.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.warehouse

# METADATA
# title: Thirty queries a minute
rules.query contains {
	"id": "thirty-a-minute",
	"action": "allow",
	"rate_limit": {"max": 30, "window": 60},
}

# METADATA
# title: One query that only reads
rules.query contains {
	"id": "only-reads",
	"action": "deny",
	"reason": "Write one SELECT without comments, which calls only common functions and changes nothing",
} if not _only_reads

_only_reads if {
	object.keys(input.args) == {"sql"}
	count(input.args.sql) <= 5000
	regex.match(_characters, input.args.sql)
	not _has_comment
	_begins_so
	{word | some word in split(_words, " ")} & _changing == set()
	every piece in _before_brackets { _last_word(piece) in _callable }
}

# A semicolon, a backslash and `#` are none of them, nor is anything beyond ASCII.
_characters := `^[a-zA-Z0-9 \n\t_.,()*+/%<>=!'"\[\]:|?@$-]+$`

_has_comment if {
	some mark in ["--", "/*"]
	contains(input.args.sql, mark)
}

_begins_so if {
	some word in ["select ", "with "]
	startswith(trim_space(_words), word)
}

# Whatever is no word parts words: "pg_sleep"(9) calls the same as pg_sleep(9).
_words := strings.replace_n({mark: " " | some mark in ((_parting | _operators) | {"(", ")"})}, lower(input.args.sql))

_parting := {"\n", "\t", ".", "'", "\"", "[", "]", "@"}

_operators := {",", "*", "+", "-", "/", "%", "<", ">", "=", "!", ":", "|", "?"}

# also what a second statement of SQL Server begins with, which needs no semicolon
_changing := {
	"alter", "analyze", "attach", "backup", "begin", "bulk", "call", "cluster", "comment", "commit", "copy",
	"create", "dbcc", "deallocate", "declare", "delete", "deny", "detach", "disable", "do", "drop", "dumpfile",
	"enable", "exec", "execute", "explain", "export", "grant", "handler", "import", "insert", "install", "into",
	"kill", "listen", "load", "lock", "merge", "move", "notify", "outfile", "pragma", "prepare", "raiserror",
	"reconfigure", "refresh", "reindex", "release", "rename", "replace", "reset", "restore", "revert", "revoke",
	"rollback", "savepoint", "set", "share", "shutdown", "truncate", "update", "use", "vacuum", "waitfor", "while",
}

# What stands before a bracket is a known function, or no function at all.
_before_brackets := array.slice(_pieces, 0, count(_pieces) - 1)

_pieces := split(strings.replace_n(_marks, lower(input.args.sql)), "(")

# a number or a name before an operator is not before the bracket
_marks := object.union({mark: " " | some mark in _parting}, {mark: " = " | some mark in (_operators | {")"})})

_last_word(piece) := words[count(words) - 1] if words := split(trim_space(piece), " ")

_callable := {
	"", "=", "all", "and", "any", "as", "between", "by", "case", "cast", "distinct", "else", "except",
	"exists", "filter", "from", "group", "having", "in", "intersect", "join", "lateral", "like",
	"materialized", "not", "on", "or", "over", "select", "then", "union", "using", "values", "when", "where",
	"with",
	"abs", "avg", "coalesce", "count", "date", "date_trunc", "extract", "greatest", "least", "length",
	"lower", "max", "min", "nullif", "numeric", "rank", "round", "row_number", "sum", "trim", "upper",
	"varchar",
}
