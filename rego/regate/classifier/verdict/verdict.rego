# METADATA
# title: The category of a tool
# description: |
#   Weighs the evidence for what a tool does: where it differs the most dangerous counts, and where there is none the
#   tool counts as one that executes. What a server claims of itself in annotations raises the category, and never
#   lowers it.
# scope: package
package regate.classifier.verdict

import data.regate.classifier.categories
import data.regate.classifier.definition
import data.regate.classifier.evidence
import data.regate.classifier.parameters
import data.regate.classifier.phrases

# METADATA
# title: Category
category := categories.worst({spoken_for} | {raised | some raised in raises})

# METADATA
# title: The category that the evidence speaks for
# scope: document
default spoken_for := "Execute"

spoken_for := categories.worst({item.category | some item in evidence.verbs_found} | _at_least) if {
	evidence.verbs_found != set()
} else := "Read" if {
	evidence.data_found != set()
} else := categories.worst({item.category | some item in evidence.doubtful_found}) if {
	some item in evidence.doubtful_found
	item.category != "Read"
}

_at_least contains "Execute" if evidence.may_do_more

# METADATA
# title: Unclear
# scope: document
# description: True where the category is a guess.
default unclear := false

unclear if {
	evidence.verbs_found == set()
	evidence.data_found == set()
}

unclear if evidence.may_do_more

unclear if definition.name_unread

# METADATA
# title: Its definition is malformed
raises["malformed"] := "Destructive" if definition.malformed

# METADATA
# title: Its name may pass for another
# description: It has letters of other scripts between Latin ones, so the words of such a name are not what they seem.
raises["look_alike"] := "Destructive" if _looks_alike

# METADATA
# title: Its server calls it destructive
raises["destructive_hint"] := "Destructive" if {
	definition.annotations.destructiveHint
	not definition.annotations.readOnlyHint
	_may_be_worse
}

# METADATA
# title: Its parameters are too many to be read
raises["unread"] := "Execute" if definition.unread

# METADATA
# title: Its name is not read
# description: What stands there in another script, or at the end of a long name, may be its verb.
raises["unread_name"] := "Execute" if {
	definition.name_unread
	not _looks_alike
}

# METADATA
# title: Its choices are too many to be read
raises["unread_choices"] := "Execute" if parameters.unread

# METADATA
# title: Its server says that it does not only read
raises["not_read_only"] := "Write" if {
	definition.annotations.readOnlyHint == false
	spoken_for == "Read"
}

# METADATA
# title: Its description says that it can't be undone
raises["irreversible"] := "Destructive" if {
	spoken_for in {"Read", "Write"}
	phrases.are_said(definition.folded, definition.words, phrases.irreversible)
}

# METADATA
# title: It takes an amount of money
raises["money"] := "Financial" if {
	spoken_for == "Write"
	parameters.money != set()
}

_looks_alike if {
	definition.name_unread
	regex.match($`[A-Za-z0-9]{definition.foreign}|{definition.foreign}[A-Za-z0-9]`, definition.name)
}

_may_be_worse if spoken_for in {"Read", "Write"}

_may_be_worse if unclear
