# METADATA
# title: What a verb and its object mean
# description: |
#   The category of one verb of a tool, given the words that it is said of. It reads no definition.
# scope: package
package regate.classifier.meaning

import data.regate.classifier.categories
import data.regate.classifier.nouns
import data.regate.classifier.turns
import data.regate.classifier.verbs
import data.regate.classifier.words

# METADATA
# title: Category
# description: |
#   Of a verb that says `usual` as a rule, with `objects`, an array of words: what they make of it, else the usual one.
category(verb, usual, words_after) := _in_context(verb, turned, objects, names) if {
	objects := [word | some word in words_after; not word in {"from", "into"}]
	names := names_of(objects)
	turned := _turned(_turning(verb, words_after), usual, names)
}

# METADATA
# title: Names of objects
# scope: document
# description: The forms of each word, and the class of each noun among them; `@none` where there are no words.
names_of([]) := {"@any", "@none"}

names_of(objects) := ({"@any"} | forms) | {$"@{nouns.classes[noun]}" | some noun in forms} if {
	objects != []
	forms := {form | some word in objects; some form in words.forms(word)}
}

_turning(verb, words_after) := whole if {
	whole := $"{verb} {words_after[count(words_after) - 1]}"
	turns.by_verb[whole]
} else := verb

_turned(verb, usual, names) := worst if {
	worst := categories.worst({category |
		some category, listed in turns.by_verb[verb]
		some name in split(listed, " ")
		name in names
	})
} else := usual

# Whoever changes what is owed deals with money, and whoever does something to a browser drives it.
_in_context(verb, turned, objects, names) := "Financial" if {
	turned in {"Write", "Execute"}
	"@money" in names
	not verb in verbs.aside
	count(names & nouns.unpaid) == 0
	not _about(objects)
} else := "Execute" if {
	turned == "Write"
	"@browser" in names
} else := turned

# The last word says what it is: the note of an invoice is a note.
_about(objects) if {
	some class in {"@bond", "@plain"}
	class in names_of([objects[count(objects) - 1]])
}
