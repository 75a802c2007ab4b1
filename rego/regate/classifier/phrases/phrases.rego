# METADATA
# title: Phrases
# description: |
#   What texts say in fixed words, in lower case. Each phrase stands under a word of it, and is looked for where that
#   word is: looking for every phrase in a long text would cost more than all else.
# scope: package
package regate.classifier.phrases

# METADATA
# title: Words of a text
# description: For `are_said`; the text in lower case.
words_of(text) := {word | some word in split(strings.replace_n(_parting, $"{text} "), " ")}

# METADATA
# title: Is said
# description: Whether a text, in lower case and with its words, has one of the phrases.
are_said(text, words, phrases) if {
	some word, said in phrases
	word in words
	some phrase in said
	contains(text, phrase)
}

# METADATA
# title: It can't be undone
# description: That, or that it deletes besides.
irreversible := {
	"deletes": ["also deletes", "it deletes", "permanently deletes", "then deletes", "this deletes"],
	"delete": ["also delete", "permanently delete", "then delete", "will delete"],
	"destroy": ["permanently destroy"],
	"destroys": ["also destroys", "permanently destroys", "then destroys"],
	"erase": ["permanently erase"],
	"erases": ["also erases", "permanently erases", "then erases"],
	"irreversible": ["irreversible"],
	"irreversibly": ["irreversibly"],
	"irrevocable": ["irrevocable"],
	"irrevocably": ["irrevocably"],
	"recovered": ["cannot be recovered", "can't be recovered", "not be recovered"],
	"remove": ["permanently remove"],
	"removes": ["permanently removes"],
	"restored": ["cannot be restored", "can't be restored", "not be restored"],
	"undo": ["no undo"],
	"undone": ["cannot be undone", "can't be undone", "not be undone"],
	"unrecoverable": ["unrecoverable"],
}

# METADATA
# title: It overwrites
overwriting := {
	"overwrite": ["overwrite"],
	"overwrites": ["overwrites"],
	"overwriting": ["overwriting"],
	"overwritten": ["overwritten"],
	"replace": ["replace the", "replace an", "replace all"],
	"replaces": ["replaces"],
}

# METADATA
# title: It gives the model orders
# description: To set aside what others told it, or to keep something from the user.
instructing := {
	"covertly": ["covertly"],
	"disregard": ["disregard"],
	"forget": ["forget your", "forget all", "forget previous"],
	"hide": ["hide this from"],
	"ignore": ["ignore all", "ignore any", "ignore previous", "ignore the previous", "ignore your"],
	"inform": ["do not inform", "don't inform", "never inform"],
	"informing": ["without informing"],
	"instructions": ["previous instructions", "system instructions"],
	"mention": ["do not mention", "don't mention", "never mention"],
	"mentioning": ["without mentioning"],
	"prompt": ["system prompt"],
	"reveal": ["do not reveal", "don't reveal", "never reveal"],
	"secretly": ["secretly"],
	"show": ["do not show the user", "don't show the user", "do not show this"],
	"silently": ["silently send", "silently forward", "silently copy", "silently read", "silently include"],
	"tell": ["do not tell", "don't tell", "never tell"],
	"telling": ["without telling"],
}

# METADATA
# title: It steers the model
# description: It says which tools to call, and when, more than what this one does.
steering := {
	"always": ["always call", "always run", "always use"],
	"before": ["before any other tool", "before using any", "before calling any"],
	"instead": ["instead of other tools", "instead of any"],
	"must": ["must always", "must be called", "must call", "must first", "must use", "you must"],
	"never": ["never call", "never use"],
	"not": ["do not ask the user", "do not call", "do not use"],
}

# METADATA
# title: It names what lets someone in
# description: Files of credentials, and markup that passes for the system's; for `contains`.
forbidden := [
	".aws/credentials", ".ssh/", "/etc/passwd", "/etc/shadow", "<important>", "<instructions>", "<secret>", "<system>",
	"id_rsa",
]

# METADATA
# title: It hides something from who looks at it
# description: Comments of markup, and so much space that what follows stands off the screen; for `contains`.
hiding := [
	"<!--",
	"                                                            ",
	"\n\n\n\n\n\n\n\n\n\n\n\n",
]

_parting := {
	"\n": " ", "\t": " ", ",": " ", ". ": " ", "!": " ", ";": " ", ":": " ", "(": " ", ")": " ", `"`: " ", "*": " ",
}
