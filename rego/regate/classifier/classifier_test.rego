# METADATA
# title: Tests of the classifier
package regate.classifier_test

import data.regate.classifier

test_the_case_that_everyone_knows if {
	classifier.classification == {
		"category": "Write",
		"risk": "Medium",
		"severity": "high",
		"signals": ["credentials", "no_description"],
		"required": [],
		"rationale": concat(" ", [
			"Named create_api_key: create api key (Write).",
			"No description: from the name alone.",
			"Severity high for credentials.",
		]),
	} with input as {"name": "create_api_key"}
}

test_answers_whatever_it_is_given if {
	every given in [null, true, 7, "get_fence", [], [{"name": "get_fence"}], {}, {"name": {}}] {
		classifier.classification == {
			"category": "Destructive",
			"risk": "Critical",
			"severity": "critical",
			"signals": ["malformed", "no_description", "unclear", "unusual_name"],
			"required": [],
			"rationale": concat(" ", [
				"Without a name: no verb that is known.",
				"No description: from the name alone.",
				"Nothing says what it does, so it counts as one that executes.",
				"Its definition is not what the protocol says it is, which raises it to Destructive.",
			]),
		} with input as given
	}
}

test_gives_required_parameters_sorted if {
	classifier.classification.required == ["a", "b"] with input as {
		"name": "get_fence",
		"inputSchema": {"properties": {"a": {}, "b": {}, "c": {}}, "required": ["b", "a"]},
	}
}
