# METADATA
# title: Signals
# description: |
#   What else a person should know of a tool, and how severe that makes it. Signals and what they raise the severity to
#   are in docs/catalogue.md.
# scope: package
package regate.classifier.signals

import data.regate.classifier.definition
import data.regate.classifier.evidence
import data.regate.classifier.meaning
import data.regate.classifier.naming
import data.regate.classifier.parameters
import data.regate.classifier.phrases
import data.regate.classifier.telling
import data.regate.classifier.verbs
import data.regate.classifier.verdict

# METADATA
# title: Severity
# description: That of the category, raised to what each signal asks for.
severity := _levels[max({level | some level, name in _levels; name in _asked})]

# METADATA
# title: Raising
# description: The signals that raise the severity above that of the category, with what they raise it to.
raising[signal] := asked if {
	some signal in found
	asked := _severities[signal]
	_rank(asked) > _rank(_of_category[verdict.category])
}

_rank(name) := [level | some level, other in _levels; other == name][0]

_asked := {_of_category[verdict.category]} | {_severities[signal] | some signal in found}

_levels := ["low", "medium", "high", "critical"]

_of_category := {"Read": "low", "Write": "medium", "Execute": "medium", "Financial": "high", "Destructive": "critical"}

_severities := {
	"bulk": "high",
	"credentials": "high",
	"deletes": "high",
	"destructive_hint": "critical",
	"fetches_url": "medium",
	"hidden_text": "critical",
	"instructs_model": "critical",
	"long_text": "high",
	"malformed": "critical",
	"many_actions": "low",
	"money": "high",
	"no_description": "medium",
	"open_world": "low",
	"overwrites": "high",
	"runs_code": "critical",
	"runs_query": "high",
	"sends_out": "high",
	"steers_model": "medium",
	"unclear": "high",
	"unusual_name": "high",
}

# METADATA
# title: Found
# scope: document
# description: The signals of the tool, by name.
found contains "bulk" if {
	verdict.category != "Read"
	some word in naming.spoken
	word in {"all", "batch", "bulk", "many", "multiple"}
}

found contains "bulk" if {
	verdict.category != "Read"
	parameters.lists != set()
}

found contains "credentials" if {
	"@secret" in _concerned
	_concerned & {"balance", "chain", "coin", "erc20", "price", "swap", "transfer", "wallet"} == set()
}

found contains "credentials" if {
	verdict.category != "Read"
	some class in ["@right", "role"]
	class in _concerned
}

# A key that is created, rotated or revoked lets someone in; one that is read or set is a name for a value.
found contains "credentials" if {
	some item in evidence.verbs_found
	item.verb in {"create", "generate", "issue", "provision", "regenerate", "revoke", "rotate"}
	some word in item.objects
	word in {"key", "keys"}
}

found contains "credentials" if parameters.secrets != set()

found contains "deletes" if {
	some item in evidence.verbs_found
	item.category == "Destructive"
}

found contains "deletes" if parameters.switches.deletes != set()

found contains "destructive_hint" if definition.annotations.destructiveHint

found contains "fetches_url" if parameters.addresses != set()

found contains "hidden_text" if regex.match(_invisible, definition.text)

found contains "hidden_text" if {
	some hiding in phrases.hiding
	contains(definition.text, hiding)
}

found contains "instructs_model" if phrases.are_said(definition.folded, definition.words, phrases.instructing)

found contains "instructs_model" if {
	some forbidden in phrases.forbidden
	contains(definition.folded, forbidden)
}

found contains "long_text" if definition.longer

found contains "malformed" if definition.malformed

found contains "many_actions" if count({action.category | some action in parameters.actions}) > 1

found contains "money" if verdict.category == "Financial"

found contains "money" if {
	verdict.category != "Read"
	"@money" in _concerned
}

found contains "no_description" if definition.undescribed

found contains "open_world" if definition.annotations.openWorldHint

found contains "overwrites" if {
	verdict.category != "Read"
	phrases.are_said(definition.folded, definition.words, phrases.overwriting)
}

found contains "overwrites" if parameters.switches.overwrites != set()

found contains "runs_code" if {
	verdict.category == "Execute"
	"@code" in _concerned
}

found contains "runs_code" if {
	_is_run
	parameters.code != set()
}

found contains "runs_query" if {
	verdict.category == "Execute"
	"@query" in _concerned
}

found contains "runs_query" if {
	_is_run
	parameters.queries != set()
}

found contains "sends_out" if {
	_changes
	some item in evidence.verbs_found
	item.verb in verbs.sending
}

found contains "sends_out" if {
	_changes
	parameters.recipients != set()
}

found contains "steers_model" if phrases.are_said(definition.folded, definition.words, phrases.steering)

found contains "unclear" if verdict.unclear

found contains "unusual_name" if not definition.named_plainly

found contains "unusual_name" if count(definition.name) > 128

_changes if verdict.category in {"Financial", "Write"}

_is_run if {
	some item in evidence.verbs_found
	item.source == "parameters"
	item.verb == "run"
}

# What the tool's verbs are said of, and what else its name names.
_concerned := meaning.names_of(array.concat(naming.spoken, [word |
	some item in telling.found
	some word in item.objects
]))

# Control characters, marks that join or part nothing, directions of writing, fillers, selectors and tags that no screen
# shows. The joiner of emoji and their two selectors are none of them.
_invisible := concat("", [
	`[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}\x{ad}\x{34f}\x{61c}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180e}`,
	`\x{200b}\x{200c}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{2800}\x{3164}\x{e000}-\x{f8ff}`,
	`\x{fe00}-\x{fe0d}\x{feff}\x{ffa0}\x{fff9}-\x{fffb}\x{e0000}-\x{e0fff}]`,
])
