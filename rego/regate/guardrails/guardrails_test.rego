# METADATA
# title: Tests of the shipped guardrails
package regate.guardrails_test

import data.regate.guardrails

test_denies_and_hides_a_changed_definition if {
	guardrails.rules == {{
		"id": "changed-definition",
		"action": "deny",
		"reason": "The tool's definition is not the one that was reviewed",
		"hide": true,
	}} with input.definition as {"catalogued": true, "changed": true}
}

test_a_mistyped_answer_counts_as_changed if {
	every changed in ["false", "true", 0, 1, null, []] {
		count(guardrails.rules) == 1 with input.definition as {"catalogued": true, "changed": changed}
	}
}

test_is_silent_on_a_definition_that_is_as_reviewed if {
	guardrails.rules == set() with input.definition as {"catalogued": true, "changed": false}
}

test_is_silent_where_there_is_no_definition if {
	guardrails.rules == set() with input as {"method": "ping"}
}
