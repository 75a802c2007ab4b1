# METADATA
# title: SQL
# description: |
#   What a text of SQL in a call begins with, and that it is one statement, by its text alone. It parses no SQL: what it
#   can't tell apart (a comment in front, a semicolon within quotes) does not hold.
# scope: package
package policy.lib.sql

# METADATA
# title: One statement that begins so
# description: "`beginnings` are texts in lower case, words parted by one space and with a space at their end."
begins_with(statement, beginnings) if {
	words := _spaced(lower(statement))
	not contains(trim(words, " ;"), ";")
	some beginning in beginnings
	startswith(words, beginning)
}

# A text of words, wherever it breaks its lines; an end of its own, so that a lone word is one too.
_spaced(text) := $"{concat(" ", [word | some word in split(_on_one_line(text), " "); word != ""])} "

_on_one_line(text) := replace(replace(replace(text, "\n", " "), "\t", " "), "\r", " ")
