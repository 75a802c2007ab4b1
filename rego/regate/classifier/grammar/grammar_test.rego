# METADATA
# title: Tests of grammar
package regate.classifier.grammar_test

import data.regate.classifier.grammar

# The verbs by which a clause says what a tool does.
_said(text) := {found[i].verb | some i in grammar.joined(clause, found, grammar.lead(clause, found))} if {
	clause := split(text, " ")
	found := grammar.verbs_in(clause)
}

test_finds_the_verb_that_leads if {
	every text, expected in {
		"create a fence": {"create"},
		"creates a fence": {"create"},
		"creating a fence": {"create"},
		"permanently deletes a fence": {"delete"},
		"this tool creates a fence": {"create"},
		"tool that fetches fences": {"fetch"},
		"use this tool to create a fence": {"create"},
		"tool for deleting fences": {"delete"},
		"allows you to update fences": {"update"},
		"order a fence": {"order"},
		"full-text search over fences": {"search"},
		"returns the fence": {"return"},
		"get running fences": {"get"},
		"permanently archive a fence": {"archive"},
		"wireless search over fences": {"search"},
		"frobnicate it and delete the fence": {"delete"},
	} {
		_said(text) == expected
	}
}

test_finds_what_is_joined if {
	every text, expected in {
		"create or update a fence": {"create", "update"},
		"list , create , or delete fences": {"create", "delete", "list"},
		"gets fences and permanently deletes them": {"delete", "get"},
		"check the fence , then refund it": {"check", "refund"},
		"lock / unlock the fence": {"lock", "unlock"},
		"answers questions by running commands": {"answer", "run"},
		"build and push fences": {"build", "push"},
	} {
		_said(text) == expected
	}
}

test_a_noun_is_no_verb if {
	every text, expected in {
		"get fences and comments": {"get"},
		"get view and edit permissions": {"get"},
		"list overwrites with allow / deny details": {"list"},
		"get fences / delete markers": {"get"},
		"gets triggers , schedule , and commands": {"get"},
		"gets the fence and update times": {"get"},
	} {
		_said(text) == expected
	}
}

test_what_is_denied_is_not_said if {
	_said("view a fence without deleting it") == {"view"}
	every text in [
		"without deleting it",
		"does not modify it",
		"never deletes fences",
		"does not permanently delete it",
		"can't delete fences",
	] {
		_said(text) == set()
	}
}

test_what_is_not_known_is_not_read if {
	every text in [
		"frobnicates the search",
		"frobnicate the search",
		"frobnicate it and return the fence",
		"frobnicate fences and then quickly fetch them",
		"order history",
		"trading restrictions",
		"dashboard for billing",
		"tabs and deleting fences",
		"to the running",
		"api ordering the fence",
		"garden is open to all",
		"garden fence update",
		"garden order from the fence",
		"running order",
		"fences",
	] {
		_said(text) == set()
	}
}

test_a_condition_says_it_second if {
	text := split("use it when you want to create a fence", " ")
	_said(concat(" ", text)) == set()
	grammar.conditional_lead(text, grammar.verbs_in(text)) == 6
}

test_objects_end_where_something_else_begins if {
	every text, expected in {
		"create a fence for a garden": ["a", "fence"],
		"create or update a fence": ["update", "a", "fence"],
		"remove a fence from a garden": ["a", "fence", "from"],
		"load fences into a garden": ["fences", "into"],
		"create": [],
		"create a b c d e f g h": ["a", "b", "c", "d", "e", "f", "g"],
	} {
		grammar.objects(split(text, " "), 0) == expected
	}
}
