# METADATA
# title: Evidence
# description: |
#   Gathers what name, description and parameters say of a tool, each with the category that it speaks for, and takes
#   out what another part shows to be meant otherwise. It weighs nothing against each other: that is for `verdict`.
# scope: package
package regate.classifier.evidence

import data.regate.classifier.meaning
import data.regate.classifier.naming
import data.regate.classifier.parameters
import data.regate.classifier.telling
import data.regate.classifier.verbs

# METADATA
# title: Verbs
# description: |
#   What says surely what the tool does: each with its `source` (name, description, parameters), the verb, the words
#   that it is said of, and its category.
verbs_found := ((_named | _told) | (_agreed | _chosen)) | _run

# METADATA
# title: Data
# scope: document
# description: The sources that name data, which are read. They count where there are no verbs.
data_found contains "name" if {
	naming.names_data
	not telling.unknown
}

data_found contains "description" if telling.names_data

# METADATA
# title: Doubtful
# scope: document
# description: Words that may be verbs. They count where there is nothing else.
doubtful_found contains _stated("name", verb) if some verb in naming.doubtful

doubtful_found contains _stated("description", verb) if some verb in telling.doubtful

# METADATA
# title: It may do more
# scope: document
# description: True where the first thing that is said of the tool is not understood, and no verb in its name helps.
default may_do_more := false

may_do_more if {
	telling.late
	naming.found == set()
}

_named contains _stated("name", _as_meant(verb)) if {
	some verb in naming.found
	not _is_corrected(verb)
}

_told contains _stated("description", _as_meant(verb)) if some verb in telling.found

# What may be a noun is a verb where the description begins with it, and where nothing else is understood.
_agreed contains _stated("name", verb) if {
	naming.found == set()
	not naming.names_data
	some verb in naming.doubtful
	_counts_all_the_same(verb)
}

_chosen contains _stated("parameters", action) if some action in parameters.actions

_run contains _stated("parameters", {"verb": "run", "category": "Execute", "objects": [parameter]}) if {
	not _only_studies
	not telling.claims_to_read
	some parameter in (parameters.code | parameters.queries)
}

_run contains _stated("parameters", {"verb": "make", "category": "Execute", "objects": ["any", "request"]}) if {
	parameters.any_request
}

_stated(source, verb) := object.union(verb, {"source": source})

_counts_all_the_same(verb) if verb.verb == telling.first

_counts_all_the_same(_) if may_do_more

# `share_list` is a list of shares, where the description lists
_is_corrected(verb) if {
	verb.category == "Write"
	verbs.said(verb.verb).grade == "loose"
	not verb.verb in _described_verbs
	some other in naming.found
	other.verb in _described_verbs
}

_described_verbs contains verb.verb if some verb in telling.found

_as_meant(verb) := object.union(verb, {"category": "Read"}) if _reads(verb)

else := verb

# It runs what can't change anything: name and description say so, or a query is what it runs.
_reads(verb) if {
	verb.category == "Execute"
	telling.claims_to_read
	_is_named_to_read
}

_reads(verb) if {
	verb.category == "Execute"
	telling.claims_to_read
	names := meaning.names_of(verb.objects)
	names & {"bash", "cli", "command", "script", "shell", "terminal"} == set()
	names & {"@query", "function"} != set()
}

# "search: runs a search" is a search
_reads(verb) if {
	verb.verb in {"call", "execute", "invoke", "run"}
	_is_named_to_read
	_runs_its_own
	names := meaning.names_of(verb.objects)
	names & {"@code", "any", "arbitrary", "custom", "cypher", "graphql", "raw", "sql", "statement"} == set()
	names & {"check", "lookup", "query", "scan", "search"} != set()
}

# "get_plan: generates a plan" stores none
_reads(verb) if {
	verb.verb == "generate"
	_is_named_to_read
}

# A tool that is named for queries runs those of its caller, unless they are of metrics or logs.
_runs_its_own if not "query" in {verb.verb | some verb in naming.found}

_runs_its_own if {
	some word in naming.spoken
	word in {"events", "insights", "logs", "metrics", "traces"}
}

_is_named_to_read if {verb.category | some verb in naming.found} == {"Read"}

# What is explained, checked or formatted is not run.
_only_studies if {
	some verb in (naming.found | telling.found)
	verb.verb in {
		"analyse", "analyze", "check", "compare", "convert", "count", "decode", "describe", "diff", "encode", "estimate",
		"explain", "format", "generate", "hash", "parse", "review", "suggest", "summarise", "summarize", "tokenize",
		"translate", "validate", "verify",
	}
}
