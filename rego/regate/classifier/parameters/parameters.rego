# METADATA
# title: What the parameters say
# description: |
#   Finds what a tool's parameters say of it: the actions that it lets its caller choose, what it runs for its caller,
#   amounts of money, whom it sends to. It judges by names, types and choices, and weighs none of it.
# scope: package
package regate.classifier.parameters

import data.regate.classifier.definition
import data.regate.classifier.meaning
import data.regate.classifier.verbs

_choices_read := 60

# METADATA
# title: Actions to choose from
# description: The verb of each choice, with its category and what it is said of.
actions contains {"verb": verb, "category": meaning.category(verb, usual, objects), "objects": objects} if {
	some values in _choices
	not _are_http_methods(values)
	some value in values
	verb := value[0]
	usual := verbs.said(verb).usual
	objects := array.slice(value, 1, 4)
}

# METADATA
# title: Unread choices
# scope: document
# description: True where an action has more choices than are read.
default unread := false

unread if {
	some parameter in _choosing
	count(_values_of(parameter)) > _choices_read
}

# METADATA
# title: Any request
# scope: document
# description: True where the caller chooses the method of an HTTP request.
default any_request := false

any_request if {
	some values in _choices
	_are_http_methods(values)
}

# METADATA
# title: Code
# scope: document
# description: Names of the parameters whose text may be run as code or as a command.
code contains parameter if {
	some parameter, name in _texts
	name in {"bash", "cmd", "command", "javascript", "js", "powershell", "python", "script", "shell", "shellcommand"}
}

code contains parameter if {
	some parameter, "code" in _texts
	some word in ["execute", "javascript", "python", "run", "script"]
	contains(lower(_told(parameter)), word)
}

# METADATA
# title: Queries
# scope: document
# description: Names of the parameters whose text may be run as a query, in a language that can write.
queries contains parameter if {
	some parameter, name in _texts
	name in {"cypher", "cypherquery", "gremlin", "rawsql", "sparql", "sql", "sqlquery", "statement", "statements"}
}

queries contains parameter if {
	some parameter, name in _texts
	name in {"q", "query"}
	some language in ["cypher", "gremlin", "sparql", "sql"]
	contains(lower(_told(parameter)), language)
}

# METADATA
# title: Money
# description: Names of the parameters that are an amount of a currency.
money contains parameter if {
	some parameter, name in _names
	name in {"amount", "price", "total", "unitamount", "value"}
	some other, "currency" in _names
	other != parameter
}

# METADATA
# title: Recipients
recipients contains parameter if {
	some parameter, name in _names
	not parameter in definition.inner # a relation has a `from` and a `to`
	name in {
		"bcc", "cc", "phonenumber", "recipient", "recipientemail", "recipients", "sendto", "to", "toemail", "tonumber",
	}
}

# METADATA
# title: Addresses
# description: Names of the parameters that say which address is fetched or called.
addresses contains parameter if {
	some parameter, name in _texts
	some ending in ["url", "uri", "webhook"]
	endswith(name, ending)
}

# METADATA
# title: Secrets
# description: Names of the parameters that carry a secret.
secrets contains parameter if {
	some parameter, name in _names
	some ending in ["accesstoken", "apikey", "credentials", "passphrase", "password", "privatekey", "secret", "secretkey"]
	endswith(name, ending)
}

# METADATA
# title: Many at once
# description: Names of the parameters that are lists of things.
lists contains parameter if {
	some parameter, name in _names
	definition.parameters[parameter].type == "array"
	some ending in [
		"documents", "entities", "entries", "files", "ids", "items", "messages", "operations", "records", "requests", "rows",
	]
	endswith(name, ending)
}

# METADATA
# title: Switches to delete
switches.deletes contains parameter if {
	some parameter, name in _switches
	some beginning in ["delete", "purge", "remove"]
	startswith(name, beginning)
}

# METADATA
# title: Switches to overwrite
switches.overwrites contains parameter if {
	some parameter, name in _switches
	some beginning in ["force", "overwrite", "replace"]
	startswith(name, beginning)
}

_names[parameter] := name if {
	some parameter in object.keys(definition.parameters)
	name := strings.replace_n({"-": "", "_": ""}, lower(parameter))
}

_texts[parameter] := name if {
	some parameter, name in _names
	object.get(definition.parameters[parameter], "type", "string") in {"array", "string"}
	not _values_of(parameter)
}

_switches[parameter] := name if {
	some parameter, name in _names
	not parameter in definition.inner
	definition.parameters[parameter].type == "boolean"
}

_told(parameter) := definition.parameters[parameter].description

# For each parameter that chooses an action, its values as arrays of words.
_choices contains values if {
	some parameter in _choosing
	values := [split(strings.replace_n({"-": " ", "_": " ", ".": " ", "/": " "}, lower(value)), " ") |
		some value in array.slice(_values_of(parameter), 0, _choices_read)
		is_string(value)
	]
}

_choosing contains parameter if {
	some parameter, name in _names
	some ending in ["action", "actions", "command", "commands", "method", "operation", "operations"]
	endswith(name, ending)
}

_values_of(parameter) := values if {
	values := [value |
		some alternative in definition.alternatives(definition.parameters[parameter])
		some value in _listed(alternative)
	]
	values != []
}

_listed(alternative) := alternative.enum if is_array(alternative.enum)

else := [alternative.const]

_are_http_methods(values) if {
	["post"] in values
	every value in values { value[0] in {"delete", "get", "head", "options", "patch", "post", "put"} }
}
