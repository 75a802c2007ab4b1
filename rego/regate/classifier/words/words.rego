# METADATA
# title: Words
# description: |
#   Takes names and texts apart into lower-case words, and gives the forms that a word may be one of. It knows how
#   English and identifiers are written, and nothing of what words mean.
# scope: package
package regate.classifier.words

_quotes := {
	`"`: " ", "`": " ", "*": " ", "(": " ", ")": " ", "[": " ", "]": " ", "{": " ", "}": " ", "’": "'", "\t": " ",
	"\n": " \n",
}

# Words that mean together what none of them means alone. A space on both sides keeps them whole.
_compounds := {
	" access key ": " apikey ",
	" access keys ": " apikey ",
	" api key ": " apikey ",
	" api keys ": " apikey ",
	" clean up ": " cleanup ",
	" credit note ": " invoice ",
	" debit note ": " invoice ",
	" drag and drop ": " drag ",
	" env var ": " envvar ",
	" env vars ": " envvar ",
	" environment variable ": " envvar ",
	" environment variables ": " envvar ",
	" get rid of ": " delete ",
	" gets rid of ": " delete ",
	" log in ": " login ",
	" look up ": " lookup ",
	" merge request ": " proposal ",
	" merge requests ": " proposal ",
	" order of ": " sequence of ",
	" private key ": " apikey ",
	" pull request ": " proposal ",
	" pull requests ": " proposal ",
	" push notification ": " notification ",
	" reverse geocode ": " geocode ",
	" roll back ": " rollback ",
	" secret key ": " apikey ",
	" set up ": " setup ",
	" shut down ": " shutdown ",
	" sign in ": " login ",
	" sort order ": " sequence ",
	" ssh key ": " apikey ",
	" start here ": " ",
	" take in ": " ",
	" takes in ": " ",
	" tear down ": " delete ",
	" throw away ": " discard ",
	" throws away ": " discard ",
	" top up ": " topup ",
	" turn off ": " disable ",
	" turn on ": " enable ",
}

_joints := {", ": " , ", "/": " / ", "&": " and "}

_ends := {
	". ": "\n",
	"! ": "\n",
	"? ": "\n",
	": ": "\n",
	"; ": "\n",
	" - ": "\n",
	"—": "\n",
	"–": "\n",
	"|": "\n",
	"\r": "\n",
}

_bullets := {"", "-", "•", "·", "#", "##", "###", "⚠️", "⚠", "'"}

# METADATA
# title: Words of a name
# description: |
#   `github_delete_file`, `API-post-page`, `getHTTPResponse`, `d1.database/delete`: an array of words. Characters that
#   are neither letters nor digits of ASCII part words.
of_name(name) := _split(concat(" ", [word |
	some [_, capitals, rest] in regex.find_all_string_submatch_n(`([A-Z]*)([a-z0-9]*)`, name, -1)
	some word in _parted(capitals, rest)
]))

# METADATA
# title: Clauses of a text
# description: |
#   An array of clauses, each an array of words. A comma or a slash is a word of its own; the marks that end a clause,
#   quotation marks, brackets and bullets are none.
clauses_of(text) := [words |
	some clause in split(strings.replace_n(_ends, strings.replace_n(_quotes, $"{lower(text)} ")), "\n")
	words := _split(strings.replace_n(_joints, clause))
	count(words) > 0
]

# METADATA
# title: Forms
# description: |
#   What a word may be a form of, itself first: `deletes` of delete, `copies` of copy, `running` of run. Some are no
#   words: that is for the lexicon to say.
forms(word) := array.concat([word], shorter(word))

# METADATA
# title: Shorter forms
# description: Those of the forms that are not the word itself; none for most words.
shorter(word) := [trim_suffix(word, "s"), trim_suffix(word, "es"), $"{trim_suffix(word, "ies")}y"] if {
	endswith(word, "s")
} else := [stem, $"{stem}e", substring(stem, 0, count(stem) - 1)] if {
	endswith(word, "ing")
	stem := trim_suffix(word, "ing")
	count(stem) > 1
} else := [trim_prefix(word, prefix)] if {
	some prefix in ["re", "un", "auto"]
	startswith(word, prefix)
} else := []

_split(text) := [word |
	some given in split(strings.replace_n(_compounds, $" {text} "), " ")
	word := trim(given, "'")
	not word in _bullets
]

_parted(capitals, rest) := [lower($"{capitals}{rest}")] if {
	count(capitals) < 2
} else := [lower($"{capitals}{rest}")] if {
	_goes_with_acronym(rest)
} else := [lower(substring(capitals, 0, count(capitals) - 1)), lower($"{_last(capitals)}{rest}")]

_last(letters) := substring(letters, count(letters) - 1, 1)

# the plural of an acronym, or its digits
_goes_with_acronym(rest) if rest in {"", "s"}

_goes_with_acronym(rest) if trim_left(rest, "0123456789") != rest
