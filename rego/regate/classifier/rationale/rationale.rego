# METADATA
# title: Rationale
# description: |
#   Says in plain words why a tool is what it was classified as, and names the evidence. It repeats nothing of what a
#   server wrote but words that are known here, and a name that has plain characters only: nobody is talked round.
# scope: package
package regate.classifier.rationale

import data.regate.classifier.definition
import data.regate.classifier.evidence
import data.regate.classifier.nouns
import data.regate.classifier.signals
import data.regate.classifier.verdict
import data.regate.classifier.words

# METADATA
# title: Text
text := concat(" ", [sentence |
	some sentence in array.concat(_sentences, _for_severity)
	sentence != ""
])

_sentences := array.concat(
	[$"{_named}{_by_name}.", _by_description, _by_parameters, _by_difference, _by_guess],
	[sentence | some reason in sort(object.keys(verdict.raises)); sentence := _raised[reason]],
)

default _named := "With a long name, or one of unusual characters"

_named := $"Named {definition.name}" if {
	definition.named_plainly
	count(definition.name) <= 80
} else := "Without a name" if {
	definition.name == ""
}

default _by_name := ": no verb that is known"

_by_name := $": {_listed("name")}" if {
	_listed("name") != ""
} else := ": a name for data" if {
	"name" in evidence.data_found
}

default _by_description := "Its description has no verb that is known."

_by_description := "No description: from the name alone." if {
	definition.description == ""
} else := $"No description, but a title: {_listed("description")}." if {
	definition.undescribed
} else := $"Described as: {_listed("description")}." if {
	_listed("description") != ""
} else := "Described as data." if {
	"description" in evidence.data_found
}

default _by_parameters := ""

_by_parameters := $"Its parameters say: {_listed("parameters")}." if _listed("parameters") != ""

default _by_difference := ""

_by_difference := "The most dangerous of these counts." if count({item.category | some item in _items}) > 1

default _by_guess := ""

_by_guess := "The first thing that is said of it is not understood, so it counts as one that executes at least." if {
	evidence.may_do_more
} else := "What may be a verb is taken for one." if {
	verdict.unclear
	verdict.spoken_for in {item.category | some item in _items}
} else := "Nothing says what it does, so it counts as one that executes." if {
	verdict.unclear
}

_raised := {
	"destructive_hint": "Its server calls it destructive, which raises it to Destructive.",
	"irreversible": "Its description says that it can't be undone, which raises it to Destructive.",
	"look_alike": "Its name mixes Latin letters with others that may pass for them, which raises it to Destructive.",
	"malformed": "Its definition is not what the protocol says it is, which raises it to Destructive.",
	"money": "It takes an amount of a currency, which raises it to Financial.",
	"not_read_only": "Its server says that it is not read-only, which raises it to Write.",
	"unread_choices": "It has more choices of an action than are read, so it counts as one that executes at least.",
	"unread_name": "Its name is too long, or has words in other letters, so it counts as one that executes at least.",
	"unread": "It has so many parameters that none was read, so it counts as one that executes at least.",
}

default _for_severity := []

_for_severity := [$"Severity {signals.severity} for {concat(", ", _reasons)}."] if _reasons != []

_reasons := sort([replace(signal, "_", " ") |
	some signal, severity in signals.raising
	severity == signals.severity
])

# What counted.
default _items := set()

_items := evidence.verbs_found if {
	evidence.verbs_found != set()
} else := evidence.doubtful_found if {
	evidence.data_found == set()
}

_listed(source) := concat(", ", sort({$"{_phrase(item)} ({item.category})" |
	some item in _items
	item.source == source
}))

_phrase(item) := strings.replace_n(
	{"apikey": "api key", "envvar": "environment variable", "proposal": "pull request"},
	concat(" ", array.concat([item.verb], [word | some word in item.objects; _is_known(word)])),
)

_is_known(word) if {
	some form in words.forms(word)
	nouns.classes[form]
}

_is_known(word) if {
	some form in words.forms(word)
	form in nouns.for_things
}
