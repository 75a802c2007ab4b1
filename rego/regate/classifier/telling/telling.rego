# METADATA
# title: What the description says
# description: |
#   Finds what the description says that its tool does: the verbs of the first clause that has any. It judges no name,
#   and believes what is said.
# scope: package
package regate.classifier.telling

import data.regate.classifier.definition
import data.regate.classifier.grammar
import data.regate.classifier.meaning
import data.regate.classifier.nouns
import data.regate.classifier.words

_chars := 500

_clauses_read := 6

_words_read := 40

# METADATA
# title: Verbs of the description
# scope: document
# description: Each with its category and the words that it is said of.
found contains _meant(_point.clause, i, verb) if {
	some i, verb in _point.verbs
	i in _joined
}

# "Manage fences: create, update or delete them", "Manage fences with list and delete operations"
found contains _meant(_point.clause, i, verb) if {
	_manages
	some i, verb in _point.verbs
	verb.grade == "firm"
	not verb.ing
}

found contains _meant(next.clause, i, verb) if {
	_manages
	some at, given in _clauses
	given.clause == _point.clause
	next := _clauses[at + 1]
	grammar.lead(next.clause, next.verbs) == 0
	some i, verb in next.verbs
	i in grammar.joined(next.clause, next.verbs, 0)
}

_manages if _point.verbs[_point.lead].verb == "manage"

# METADATA
# title: Words of the description that may be verbs
# description: They count where nothing else says what the tool does.
doubtful contains _meant(_opening.clause, i, verb) if {
	not _point
	some i, verb in _opening.verbs
	not verb.ing
}

# METADATA
# title: The first word
# scope: document
# description: |
#   The base form of the word that the description begins with, where that is a verb or may be one ("Order history",
#   "Order a pizza").
first := _opening.verbs[0].verb

# METADATA
# title: It comes to the point late
# scope: document
# description: |
#   True where the first clause has no verb that is known, and is no title either ("A tool for thinking"): it may say
#   what the tool does, and what is found later may be said of something else.
default late := false

late if {
	_point.clause != _opening.clause
	not _is_title(_opening.clause)
}

_is_title(clause) if clause[0] in {"a", "an", "if", "the", "this", "use", "when"}

_is_title(clause) if "tool" in clause

# the name of a product, but not "Frobnicates."
_is_title([word]) if not endswith(word, "s")

# METADATA
# title: It begins with what is not known
# scope: document
# description: |
#   True where there is no verb that is known and the first word may be one: by its ending ("Frobnicates everybody"), or
#   since it is of another script.
default unknown := false

unknown if {
	not _point
	not names_data
	not first
	_may_be_verb(_opening.clause[0])
}

_may_be_verb(word) if {
	endswith(word, "s")
	not endswith(word, "ss")
}

# Marks and pictures are no letters.
_may_be_verb(word) if {
	regex.match(`^[^\x00-\x{24f}\x{2000}-\x{2bff}\x{3000}-\x{303f}\x{fe00}-\x{fe0f}\x{1f000}-\x{1ffff}]`, word)
}

# METADATA
# title: It claims to read only
# scope: document
# description: True where the clause says that what is run can't change anything.
default claims_to_read := false

claims_to_read if {
	some word in _point.clause
	word in {"read-only", "readonly"}
}

claims_to_read if {
	some i, "select" in _point.clause
	_point.clause[i + 1] in {"queries", "query", "statement", "statements"}
}

claims_to_read if {
	some i, "read" in _point.clause
	_point.clause[i + 1] in {"mode", "only"}
}

# METADATA
# title: The description is of data
# scope: document
# description: It has no verb, and begins with a noun for data ("Balance and margin", "Current status").
default names_data := false

names_data if {
	not _point
	not first
	some form in words.forms(_subject)
	form in nouns.for_data
}

names_data if {
	not _point
	not first
	some form in words.shorter(_subject)
	form in nouns.for_things
}

_subject := [word | some word in _opening.clause; not word in _adjectives][0]

_adjectives := {
	"a", "all", "an", "available", "basic", "complete", "comprehensive", "current", "detailed", "full", "general",
	"historical", "latest", "my", "overall", "real-time", "recent", "the", "your",
}

_clauses := [{"clause": clause, "verbs": grammar.verbs_in(clause)} |
	some given in array.slice(_all, 0, _end)
	clause := array.slice(given, 0, _words_read)
]

_all := words.clauses_of(substring(definition.description, 0, _chars))

# What follows these is no longer about the tool as a whole.
_end := min({_clauses_read} | {i | some i, [word] in _all; word in _headings})

_headings := {
	"arg", "args", "arguments", "example", "examples", "inputs", "note", "notes", "parameters", "params", "returns",
	"usage",
}

default _opening := {"clause": [], "verbs": {}}

_opening := _clauses[0]

# The first clause that comes to the point, and else the first that says so under a condition.
_point := _points[0] if {
	_points != []
} else := _conditional_points[0]

_points := [object.union(given, {"lead": grammar.lead(given.clause, given.verbs)}) | some given in _clauses]

_conditional_points := [object.union(given, {"lead": grammar.conditional_lead(given.clause, given.verbs)}) |
	some given in _clauses
]

_joined := grammar.joined(_point.clause, _point.verbs, _point.lead)

_meant(clause, i, verb) := {
	"verb": verb.verb,
	"category": meaning.category(verb.verb, verb.usual, objects),
	"objects": objects,
} if {
	objects := grammar.objects(clause, i)
}
