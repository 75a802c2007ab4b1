# METADATA
# title: The layers that speak to a call
# description: |
#   Says which sets of rules speak: those of the server's package for the tool and for `*`, the defaults of the
#   category, the user's guardrails and the shipped ones; for other requests, those for the method. It judges none.
#
#   `data.policy.servers[input.server].rules[input.tool]` is always written in full: a name for a part of it would
#   evaluate the whole server, and the cost of a decision would grow with the number of rules. Heads stay constant for
#   the same reason.
# scope: package
# schemas:
#   - input: schema.input
package regate.layers

# METADATA
# title: The server's package on this tool, or on this method
# description: |
#   Each layer has its `rules` as their author wrote them (whether that is a set of rules at all is not known yet), the
#   `package` that they are named after, and its `kind`, which says what its rules may do.
speaking["named"] := _of_server(_named)

# METADATA
# title: The server's package on every tool, or on every method
speaking["starred"] := _of_server(_starred)

# METADATA
# title: The defaults of the tool's category
speaking["category"] := _of_defaults(data.policy.defaults.rules[input.category]) if {
	_is_tool_call
	_defaults_speak
}

# METADATA
# title: The defaults of reading, for requests that read
speaking["category"] := _of_defaults(data.policy.defaults.rules.Read) if {
	_counts_as_read
	_defaults_speak
}

# METADATA
# title: The defaults of the method
speaking["method"] := _of_defaults(data.policy.defaults.methods[input.method]) if {
	_is_other_request
	_defaults_speak
}

# METADATA
# title: The defaults of every method
speaking["every_method"] := _of_defaults(data.policy.defaults.methods["*"]) if {
	_is_other_request
	_defaults_speak
}

# METADATA
# title: The user's guardrails
speaking["guardrails"] := {
	"kind": "guardrails",
	"package": "policy.guardrails",
	"rules": data.policy.guardrails.rules,
}

# METADATA
# title: The shipped guardrails
speaking["shipped_guardrails"] := {
	"kind": "guardrails",
	"package": "regate.guardrails",
	"rules": data.regate.guardrails.rules,
}

# METADATA
# title: Named
# scope: document
# description: The tool or method, where its server's package has rules for it by name, whether they matched or not.
named := input.tool if _named

named := input.method if {
	_named
	_is_other_request
}

_of_server(rules) := {"kind": "server", "package": server_package, "rules": rules}

_of_defaults(rules) := {"kind": "defaults", "package": "policy.defaults", "rules": rules}

# METADATA
# title: How rules of the server's package are named
# scope: document
server_package := $"policy.servers.{input.server}" if _is_identifier

else := $`policy.servers["{input.server}"]`

# trim and not a regex: a pattern costs as much as the rest of the decision
_is_identifier if {
	trim(input.server, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == ""
	trim_left(input.server, "0123456789") == input.server
}

_named := data.policy.servers[input.server].rules[input.tool] if _is_tool_call

_named := data.policy.servers[input.server].methods[input.method] if _is_other_request

_starred := data.policy.servers[input.server].rules["*"] if _is_tool_call

_starred := data.policy.servers[input.server].methods["*"] if _is_other_request

# What its server's package names is that package's: conditions that don't hold never fall back to a default.
_defaults_speak if {
	not _named
	not _starred_allows
}

_defaults_speak if {
	some rule in _named
	rule.action == "inherit"
}

_defaults_speak if {
	some rule in _starred
	rule.action == "inherit"
}

_starred_allows if {
	some rule in _starred
	rule.action == "allow"
}

# Where nothing speaks of these methods by name, they return data and change nothing.
_counts_as_read if {
	_is_other_request
	_direction == "to_server"
	input.method in {"resources/read", "prompts/get"}
	not data.policy.defaults.methods[input.method]
}

# A hand-written input may leave out what goes without saying; what is there but isn't known is neither kind of call.
_is_tool_call if {
	_direction == "to_server"
	_method == "tools/call"
	is_string(input.server)
	is_string(input.tool)
}

_is_other_request if {
	_method != "tools/call"
	not input.tool
	is_string(input.server)
	_direction in {"to_server", "from_server"}
}

default _direction := "to_server"

_direction := input.direction

default _method := "tools/call"

_method := input.method
