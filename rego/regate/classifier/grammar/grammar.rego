# METADATA
# title: Grammar
# description: |
#   Finds the verbs by which one clause of a description says what a tool does: "Creates a label", "This tool
#   creates", "use it to create or update", "for creating". It knows how descriptions are written, and leaves to
#   `meaning` what verbs mean.
# scope: package
package regate.classifier.grammar

import data.regate.classifier.verbs
import data.regate.classifier.words

# METADATA
# title: Verbs in a clause
# description: |
#   By the index of its word, each verb that isn't denied: its base form, its `grade`, what it says as a rule (see
#   `verbs`), and whether it ends in -ing.
verbs_in(clause) := {i: verb |
	some i, word in clause
	verb := _verb_of(word)
	not _is_denied(clause, i)
}

# METADATA
# title: The leading verb
# description: The index of the verb that says what the tool does; undefined where none does.
lead(clause, found) := min(leads) if {
	leads := {i |
		some i, verb in found
		_opens(clause, i, verb)
		not _is_conditional(clause, i)
	}
	leads != set()
} else := min({i |
	not _begins_with_unknown_verb(clause)
	some i, verb in found
	verb.grade == "loose"
	verb.usual == "Read"
	not verb.ing
	not _is_conditional(clause, i)
	not _comes_second(clause, i, verb)
})

# METADATA
# title: The leading verb under a condition
# description: As above, where the clause says when to use the tool ("use it when you want to create a label").
conditional_lead(clause, found) := min({i | some i, verb in found; _opens(clause, i, verb)})

# METADATA
# title: Joined verbs
# description: The indices of the leading verb and of those that are joined to it ("create, list or update").
joined(clause, found, first) := ({first} | _by_means(clause, found)) | {i |
	some i, verb in found
	i > first
	verb.ing == found[first].ing
	joint := _joint(clause, i)
	clause[joint] in _joints
	_is_joined(clause, found, joint, verb)
	not _are_modifiers(clause, found, first, joint)
}

# "answers questions by running commands"
_by_means(clause, found) := {i |
	some i, verb in found
	verb.ing
	verb.usual in {"Destructive", "Execute", "Financial"}
	clause[i - 1] in {"by", "through", "via"}
}

# METADATA
# title: Objects
# description: |
#   What the verb at an index is said of, an array of words. "from" and "into" stay at its end: they say of a removal
#   that the thing itself goes on existing, of a loading that it is stored.
objects(clause, i) := [word | some word in array.slice(clause, i + 1, _end(clause, i)); not word in _joints]

_end(clause, i) := end + 1 if {
	end := _stop(clause, i)
	clause[end] in {"from", "into"}
} else := _stop(clause, i)

_stop(clause, i) := min({i + 8, count(clause)} | {j | some j, word in clause; j > i; word in _leading_on})

_verb_of(word) := _found(word, false) if {
	verbs.known[word]
} else := [_found(form, endswith(word, "ing")) |
	some form in words.shorter(word)
	verbs.known[form]
][0]

_found(verb, ing) := object.union(verbs.said(verb), {"verb": verb, "ing": ing})

_is_denied(clause, i) if clause[i - 1] in _denials

_is_denied(clause, i) if clause[i - 2] in _denials

_is_conditional(clause, i) if {
	some before in array.slice(clause, 0, i)
	before in _conditions
}

_opens(clause, i, verb) if {
	verb.ing
	verb.grade != "nominal"
	_introduces_ing(clause, i)
}

_opens(clause, i, verb) if {
	verb.grade == "firm"
	not verb.ing
	not _comes_second(clause, i, verb)
}

_opens(clause, i, verb) if {
	verb.grade in {"loose", "telling"}
	not verb.ing
	_introduces(clause, i)
}

_opens(clause, i, verb) if {
	verb.grade == "nominal"
	not verb.ing
	_introduces(clause, i)
	clause[i + 1] in _determiners
}

_introduces(_, 0)

_introduces(clause, i) if clause[i - 1] in _introductions

_introduces(clause, i) if endswith(clause[i - 1], "ly")

_introduces_ing(clause, 0) if clause[1] in _determiners

_introduces_ing(clause, i) if clause[i - 1] in {"allows", "by", "enables", "for", "is", "supports"}

# "Frobnicate the cache and return the result": what it does first is not known, and it isn't reading.
_comes_second(clause, i, verb) if {
	verb.usual == "Read"
	clause[_joint(clause, i)] in _joints
}

# "Obliterates search results", "Nuke the list": something is done that is not known.
_begins_with_unknown_verb(clause) if {
	endswith(clause[0], "s")
	not endswith(clause[0], "ss")
}

_begins_with_unknown_verb(clause) if clause[1] in _determiners

# Where the word stands that joins it, adverbs passed over.
_joint(clause, i) := i - 2 if {
	endswith(clause[i - 1], "ly")
} else := i - 1

_is_joined(clause, _, joint, verb) if {
	verb.grade == "firm"
	clause[joint] != "/"
}

_is_joined(clause, _, joint, verb) if {
	verb.grade == "loose"
	clause[joint] == "then"
}

# "create, list or update": a noun would not follow a verb like this
_is_joined(clause, found, joint, _) if {
	some before in [joint - 1, joint - 2]
	found[before].grade in {"firm", "loose"}
	every between in array.slice(clause, before + 1, joint) { between in _joints }
}

# "get view and edit permissions": both say which permissions
_are_modifiers(clause, found, first, joint) if {
	joint - 1 > first
	found[joint - 1]
	not clause[joint - 2] in _joints
}

_joints := {"&", "+", ",", "/", "and", "or", "then"}

_denials := {"can't", "cannot", "doesn't", "don't", "isn't", "never", "no", "not", "without", "won't"}

_conditions := {"after", "before", "if", "unless", "until", "when", "whenever", "while"}

_introductions := {
	"also", "api", "batch", "bulk", "can", "command", "endpoint", "function", "it", "lets", "operation", "please", "that",
	"this", "to", "tool", "us", "which", "will", "you",
}

_determiners := {
	"a", "all", "an", "another", "any", "as", "each", "every", "existing", "from", "in", "it", "its", "multiple", "new",
	"off", "on", "one", "out", "several", "single", "some", "specific", "that", "the", "them", "these", "this", "those",
	"to", "up", "with", "your",
}

_leading_on := {
	"across", "after", "as", "at", "based", "before", "by", "for", "from", "if", "in", "into", "of", "on", "per", "that",
	"to", "using", "via", "when", "where", "which", "with", "within", "without",
}
