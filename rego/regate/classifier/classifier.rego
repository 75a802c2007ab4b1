# METADATA
# title: What a tool is
# description: |
#   Classifies a tool by the verbs of its name, and where they say nothing by those of its description. A first version:
#   what neither says is Execute. It must not lower a category for anything that a server claims of itself.
# scope: package
package regate.classifier

import data.regate.classifier.definition

# METADATA
# title: Classification
classification := {
	"category": _category,
	"risk": _risks[_category],
	"severity": _severities[_category],
	"signals": sort(_signals),
	"required": definition.required,
	"rationale": _rationale,
}

_ranks := ["Read", "Write", "Execute", "Financial", "Destructive"]

_risks := {"Read": "Low", "Write": "Medium", "Execute": "High", "Financial": "High", "Destructive": "Critical"}

_severities := {"Read": "low", "Write": "medium", "Execute": "high", "Financial": "high", "Destructive": "critical"}

_verbs := {
	"Read": {"check", "count", "describe", "fetch", "find", "get", "list", "lookup", "query", "read", "search", "show"},
	"Write": {"add", "copy", "create", "edit", "insert", "move", "post", "put", "save", "send", "set", "update", "write"},
	"Execute": {"call", "click", "deploy", "eval", "exec", "execute", "invoke", "navigate", "run", "start", "trigger"},
	"Financial": {"buy", "charge", "pay", "purchase", "refund"},
	"Destructive": {"clear", "delete", "destroy", "drop", "purge", "remove", "wipe"},
}

# The most dangerous of what the words say.
_category := [category |
	some category in _ranks
	category in _candidates
][count(_candidates) - 1]

_candidates contains "Destructive" if definition.malformed

_candidates contains "Destructive" if definition.hints("destructiveHint")

_candidates contains category if some category in _said_by(_words_of(definition.name))

_candidates contains category if {
	count(_said_by(_words_of(definition.name))) == 0
	some category in _by_description
}

_by_description := _said_by(_words_of(substring(definition.description, 0, 200)))

_candidates contains "Execute" if {
	count(_said_by(_words_of(definition.name))) == 0
	count(_by_description) == 0
}

_said_by(words) := {category |
	some category, verbs in _verbs
	some word in words
	word in verbs
}

_words_of(text) := split(lower(strings.replace_n({"-": " ", "_": " ", ".": " ", "/": " "}, text)), " ")

_signals contains "no_description" if definition.description == ""

_signals contains "malformed" if definition.malformed

_signals contains "credentials" if {
	some word in _words_of(definition.name)
	word in {"credential", "credentials", "key", "keys", "password", "secret", "token"}
}

_rationale := $"Named {definition.name}, no description: from the name alone." if definition.description == ""

else := $"From its name {definition.name} and its description."
