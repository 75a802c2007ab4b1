# METADATA
# title: Tests of the rationale
package regate.classifier.rationale_test

import data.regate.classifier.rationale

_text(tool) := text if {
	text := rationale.text with input as tool
}

test_names_its_evidence if {
	_text({"name": "get_fence", "description": "Gets a fence"}) == "Named get_fence: get (Read). Described as: get (Read)."
}

test_says_that_there_is_no_description if {
	_text({"name": "create_api_key"}) == concat(" ", [
		"Named create_api_key: create api key (Write).",
		"No description: from the name alone.",
		"Severity high for credentials.",
	])
	_text({"name": "a", "title": "Delete a fence"}) == concat(" ", [
		"Named a: no verb that is known.",
		"No description, but a title: delete (Destructive).",
	])
}

test_says_which_counts if {
	_text({
		"name": "get_payment",
		"description": "Creates a payment",
		"inputSchema": {"properties": {"action": {"enum": ["delete"]}}},
	}) == concat(" ", [
		"Named get_payment: get payment (Read).",
		"Described as: create payment (Financial).",
		"Its parameters say: delete (Destructive).",
		"The most dangerous of these counts.",
	])
}

test_says_that_it_guesses if {
	_text({"name": "frobnicate", "description": "A thing"}) == concat(" ", [
		"Named frobnicate: no verb that is known.",
		"Its description has no verb that is known.",
		"Nothing says what it does, so it counts as one that executes.",
		"Severity high for unclear.",
	])
	_text({"name": "fence_order", "description": "A thing"}) == concat(" ", [
		"Named fence_order: order (Financial).",
		"Its description has no verb that is known.",
		"What may be a verb is taken for one.",
	])
	_text({"name": "fence", "description": "Frobnicates. Returns it."}) == concat(" ", [
		"Named fence: no verb that is known.",
		"Described as: return (Read).",
		"The first thing that is said of it is not understood, so it counts as one that executes at least.",
		"Severity high for unclear.",
	])
}

test_says_what_names_data if {
	_text({"name": "status", "description": "Full history"}) == "Named status: a name for data. Described as data."
}

test_says_what_raised_it if {
	_text({"name": "get_fence", "description": "Gets a fence", "annotations": {"readOnlyHint": false}}) == concat(" ", [
		"Named get_fence: get (Read).",
		"Described as: get (Read).",
		"Its server says that it is not read-only, which raises it to Write.",
	])
	every tool, sentence in {
		{"name": "get_fence", "annotations": {"destructiveHint": true}}: "Its server calls it destructive",
		{"name": "set_fence", "description": "Sets it. Irreversible."}: "Its description says that it",
		{"name": "set_\u0430b"}: "Its name mixes Latin letters",
		{
			"name": "set_fence",
			"inputSchema": {"required": [$"p{i}" | some i in numbers.range(0, 200)]},
		}: "It has so many parameters",
		{"name": 7}: "Its definition is not what the protocol says",
		{
			"name": "set_fence",
			"inputSchema": {"properties": {"amount": {}, "currency": {}}},
		}: "It takes an amount of a currency",
	} {
		contains(_text(tool), sentence)
	}
}

test_repeats_nothing_that_a_server_wrote if {
	startswith(_text({}), "Without a name: no verb that is known.")
	every name in ["get \u202efence", "get_fence'; approved", concat("", ["x" | some _ in numbers.range(1, 81)])] {
		startswith(_text({"name": name}), "With a long name, or one of unusual characters")
		not contains(_text({"name": name}), name)
	}
	text := _text({"name": "set_fence", "description": "Sets what the security team has approved as harmless"})
	not contains(text, "approved")
}
