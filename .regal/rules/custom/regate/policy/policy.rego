# METADATA
# title: Policies as Regate reads them
# description: |
#   What our lint rules share: which rules of a module speak to calls, which of them tighten, and what reads input.
#   It must not report anything itself.
# schemas:
#   - input: schema.regal.ast
package custom.regate.policy

# METADATA
# title: Rules that speak to calls and answers
# description: |
#   Those named `rules`, `methods` or `results`, in a package that the decision looks at; tests are none of them.
speaking contains rule if {
	kind
	some rule in input.rules
	rule.head.ref[0].value in {"rules", "methods", "results"}
}

# METADATA
# title: The kind of layer
# scope: document
# description: Undefined for a package that the decision does not look at.
kind := "server" if {
	_path[0] == "policy"
	_path[1] == "servers"
	not _is_test
}

kind := "defaults" if _path == ["policy", "defaults"]

kind := "guardrails" if _path in {["policy", "guardrails"], ["regate", "guardrails"]}

# METADATA
# title: Whether the module is part of a policy
# description: Its helpers' packages as well; tests are none.
is_policy if {
	_path[0] == "policy"
	not _is_test
}

# METADATA
# title: Rules that tighten
# description: |
#   Those whose action is deny, require_approval, limit, redact or refuse, and those whose action can't be read here:
#   in guardrails, or built elsewhere, they may be.
tightening contains rule if {
	some rule in speaking
	not _permits(rule)
}

# METADATA
# title: Whether a node reads the call
reads_input(node) if count(inputs(node)) > 0

# METADATA
# title: What a node reads of the call
# description: Each ref to input in it, as a string without array indices or variables' values, like `input.args.path`.
inputs(node) := {text(ref.value) |
	walk(node, [_, ref])
	ref.type == "ref"
	ref.value[0].value == "input"
}

# METADATA
# title: A ref as text
text(ref) := concat(".", [$"{part.value}" | some part in ref; part.type in {"var", "string", "number"}])

# METADATA
# title: The module's own rules, by name
by_name[name] contains rule if {
	some rule in input.rules
	name := rule.head.ref[0].value
}

# METADATA
# title: Names in a node
# description: Those of rules and functions, and those of variables.
names(node) := {part.value |
	walk(node, [_, part])
	part.type == "var"
}

# METADATA
# title: A field of a rule's object
# description: The strings that are written out for it; empty where there is none, or where it is computed.
literals(rule, field) := {value.value |
	some [key, value] in rule.head.key.value
	key.value == field
	value.type == "string"
}

_permits(rule) if literals(rule, "action") & {"allow", "inherit"} != set()

_path := [part.value | some i, part in input["package"].path; i > 0]

_is_test if endswith(_path[count(_path) - 1], "_test")
