# METADATA
# title: What the name says
# description: |
#   Finds the verbs of a tool's name, and what they are said of. A name is an order: its verb stands first
#   (`create_issue`), after whose it is (`github_create_issue`) or last (`issue_create`). It judges no description.
# scope: package
package regate.classifier.naming

import data.regate.classifier.definition
import data.regate.classifier.meaning
import data.regate.classifier.nouns
import data.regate.classifier.verbs
import data.regate.classifier.words

# METADATA
# title: Words of the name
spoken := words.of_name(definition.name)

# METADATA
# title: Verbs of the name
# description: Each with its category and the words that it is said of.
found contains verb if {
	some i, verb in _verbs
	i in _sure
}

# METADATA
# title: Words of the name that may be verbs
# description: They count where nothing else says what the tool does.
doubtful contains verb if {
	some i, verb in _verbs
	not i in (_sure | _firm)
}

# METADATA
# title: The name is of data
# scope: document
# description: |
#   True for `status`, `tables` and `server_status`, but for no name with a word that is not known: it may be a verb.
default names_data := false

names_data if {
	count(spoken) == 1
	_ends_in_data
}

# One thing may be made or sent, several are listed.
names_data if {
	count(spoken) == 1
	not spoken[0] in nouns.for_things
	_is_thing(spoken[0])
}

names_data if {
	_last > 0
	_is_thing(spoken[_last])
	not _may_order
	every word in spoken { _is_known(word) }
}

# `block_user` and `order_items`, but not `order_status`
_may_order if {
	verbs.said(spoken[0]).usual != "Read"
	not _ends_in_data
}

_last := count(spoken) - 1

_firm := _of_grade("firm")

_loose := _of_grade("loose")

_of_grade(grade) := {i | some i, word in spoken; verbs.said(word).grade == grade}

# The first firm verb says what the tool does, and one that stands last or is joined to another.
_sure contains min(_firm) if not _asks

_sure contains _last if _last in _firm

_sure contains i if {
	some i in (_firm | _loose)
	spoken[i - 1] in {"and", "or", "then"}
}

# A verb that reads, and at once another that does worse: `get_delete_user` is no name for reading.
_sure contains i if {
	not _asks
	not _ends_in_data
	some i in _firm
	(i - 1) in (_firm | _loose)
	verbs.said(spoken[i - 1]).usual == "Read"
	verbs.said(spoken[i]).usual in {"Destructive", "Execute", "Financial"}
}

# A loose verb does where it leads, or where there is no firm one.
_sure contains 0 if {
	0 in (_loose - _events)
	not _last in _firm
}

_sure contains _last if {
	_firm == set()
	not _asks
	_last in _loose
	not spoken[_last] in verbs.things
	not _is_object(_last)
}

_sure contains i if {
	_firm == set()
	not 0 in _loose
	i := min(_loose)
	not _ends_in_data
	not spoken[i] in verbs.things
}

# `update_build` updates a build
_is_object(i) if {
	0 in _loose
	i > 0
	verbs.said(spoken[0]).usual != "Read"
	spoken[i] in verbs.events
}

# `list_setup_intents` lists, whatever it lists.
_asks if spoken[0] in {"check", "count", "display", "list", "show"}

# `run_history` is of runs, `update_status` is an order.
_events contains i if {
	_ends_in_data
	some i, word in spoken
	i < _last
	word in verbs.events
}

_ends_in_data if {
	some form in words.forms(spoken[_last])
	form in nouns.for_data
}

_is_thing(word) if {
	some form in words.forms(word)
	form in nouns.for_things
}

_is_known(word) if _is_thing(word)

_is_known(word) if {
	some form in words.forms(word)
	nouns.classes[form]
}

_verbs[i] := {"verb": word, "category": category, "objects": objects} if {
	some i, objects in _objects
	word := spoken[i]
	category := meaning.category(word, verbs.said(word).usual, objects)
}

_is_verb(word) if verbs.said(word).grade != "telling"

# What stands after it, up to a word that leads on to something else; for a verb that stands last, what stands before.
_objects[i] := objects if {
	some i, word in spoken
	_is_verb(word)
	after := array.slice(spoken, i + 1, _ends[i])
	objects := [array.slice(spoken, 0, i), after][min([count(after), 1])]
}

# "from" and "into" stay: they say of a removal that the thing itself goes on existing, of a loading that it is stored.
_ends[i] := end if {
	some i, _ in spoken
	stop := min({_last + 1} | {j | some j in _leading_on; j > i})
	end := stop + count({next | next := spoken[stop]; next in {"from", "into"}})
}

_leading_on contains i if {
	some i, word in spoken
	word in {
		"and", "as", "at", "by", "for", "from", "if", "in", "into", "of", "on", "or", "per", "then", "to", "using",
		"via", "when", "with", "without",
	}
}
