# METADATA
# description: |
#   `not` before a call or a comparison over input makes the whole rule vanish where the field is missing. Move it to
#   a helper: `if not _is_below`, with `_is_below if startswith(input.args.path, "/srv/")`
# schemas:
#   - input: schema.regal.ast
package custom.regal.rules.regate["vanishing-negation"]

import data.custom.regate.policy
import data.regal.result

report contains violation if {
	some rule in policy.speaking
	walk(rule.body, [_, expr])
	expr.negated
	not _is_total(expr.terms)
	violation := result.fail(rego.metadata.chain(), result.location(expr))
}

# a plain ref
_is_total(terms) if _is_plain(terms)

# == and =, which both engines evaluate as a whole
_is_total(terms) if {
	terms[0].value[0].value in {"equal", "eq"}
	every term in array.slice(terms, 1, 3) { _is_plain(term) }
}

_is_plain(term) if not policy.reads_input(term)

_is_plain(term) if {
	term.type == "ref"
	not policy.reads_input(array.slice(term.value, 1, count(term.value)))
}
