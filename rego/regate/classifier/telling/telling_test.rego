# METADATA
# title: Tests of telling
package regate.classifier.telling_test

import data.regate.classifier.telling

_sure(description) := {verb.verb | some verb in found} if {
	found := telling.found with input as {"name": "a", "description": description}
}

_doubtful(description) := {verb.verb | some verb in doubtful} if {
	doubtful := telling.doubtful with input as {"name": "a", "description": description}
}

test_takes_the_first_clause_that_says_something if {
	_sure("Deletes a fence. Returns its name.") == {"delete"}
	_sure("A tool for gardens. It creates fences.") == {"create"}
	_sure("Use it when you want to see. Deletes a fence.") == {"delete"}
	_sure("Use it when you want to delete a fence.") == {"delete"}
}

test_what_manages_does_what_is_listed if {
	_sure("Manage fences: create, list or delete them. Sends mail.") == {"create", "delete", "list", "manage"}
	_sure("Manages fences with paint and purge operations. Creates them.") == {"create", "manage", "purge"}
	_sure("Manage fences. Their painters create them.") == {"manage"}
	_sure("Manage fences. Create them for painters to update.") == {"create", "manage"}
	_sure("Manage fences. Order history, delete log.") == {"manage"}
	_sure("Manages fences, deleting them.") == {"manage"}
	_sure("Returns fences: delete them elsewhere.") == {"return"}
}

test_does_not_read_on_under_a_heading if {
	_sure("Fences\nArgs:\n  start: start the index") == set()
	_sure("Fences\nStart the engine") == {"start"}
}

test_gives_category_and_objects if {
	telling.found == {{"verb": "remove", "category": "Write", "objects": ["a", "label", "from"]}} with input as {
		"name": "a",
		"description": "Removes a label from a fence",
	}
}

test_words_that_may_be_verbs_are_doubtful if {
	_sure("Order history") == set()
	_doubtful("Order history") == {"history", "order"}
	_doubtful("Creates an order") == set()
	telling.first == "order" with input as {"name": "a", "description": "Order history"}
	not telling.first with input as {"name": "a", "description": "A fence"}
}

test_is_late_where_the_beginning_is_not_understood if {
	every description, late in {
		"Frobnicates fences. Returns them.": true,
		"Returns fences.": false,
		"A garden with fences. Returns them.": false,
		"Garden tool. Returns fences.": false,
		"Gardenia | Returns fences.": false,
		"Frobnicates. Returns fences.": true,
		"Frobnicates fences.": false,
		"": false,
	} {
		telling.late == late with input as {"name": "a", "description": description}
	}
}

test_claims_to_read if {
	every description in [
		"Run a read-only query",
		"Executes queries (readonly)",
		"Execute queries in read mode",
		"Execute read only queries",
		"Execute a SELECT query",
	] {
		telling.claims_to_read with input as {"name": "a", "description": description}
	}
	every description in ["Run a query", "Read a fence", "Select a fence", "Run a query. Read-only is better.", ""] {
		not telling.claims_to_read with input as {"name": "a", "description": description}
	}
}

test_names_data if {
	every description in ["Current status", "Tables", "The latest metrics", "Full history"] {
		telling.names_data with input as {"name": "a", "description": description}
	}
	every description in [
		"A fence", "Records changes", "Reads statistics", "Frobnicates statistics", "A task", "Tables. Returns them.", "",
	] {
		not telling.names_data with input as {"name": "a", "description": description}
	}
}

test_what_begins_with_an_unknown_verb_is_unknown if {
	every description in ["Frobnicates everybody", "\u5220\u9664\u7528\u6237", "\u0443\u0434\u0430\u043b"] {
		telling.unknown with input as {"name": "users", "description": description}
	}
	every description in ["", "Access to users", "Server version", "\u2705 Users", "Users", "Deletes users"] {
		not telling.unknown with input as {"name": "users", "description": description}
	}
}
