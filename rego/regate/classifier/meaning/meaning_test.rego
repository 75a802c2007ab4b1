# METADATA
# title: Tests of what verbs mean
package regate.classifier.meaning_test

import data.regate.classifier.meaning
import data.regate.classifier.verbs

_category_of(phrase) := meaning.category(verb, verbs.said(verb).usual, objects) if {
	[verb, rest] := [split(phrase, " ")[0], split(phrase, " ")]
	objects := array.slice(rest, 1, count(rest))
}

test_an_object_turns_a_verb if {
	every phrase, expected in {
		"cancel": "Write",
		"cancel appointment": "Write",
		"cancel pipeline": "Execute",
		"cancel subscription": "Financial",
		"remove": "Destructive",
		"remove folder": "Destructive",
		"remove label": "Write",
		"remove reviewers": "Write",
		"remove song from": "Write",
		"remove document from": "Destructive",
		"load page": "Read",
		"load page into": "Write",
		"start": "Execute",
		"start conversation": "Write",
		"start servers": "Execute",
		"take screenshot": "Read",
		"take seat": "Write",
		"query metrics": "Read",
		"query sql": "Execute",
		"send letter": "Write",
		"send keystrokes": "Execute",
		"test connection": "Read",
		"test module": "Execute",
		"format disk": "Destructive",
		"transfer ticket": "Write",
		"transfer coins": "Financial",
	} {
		_category_of(phrase) == expected
	}
}

test_whoever_changes_what_is_owed_deals_with_money if {
	every phrase, expected in {
		"create invoice": "Financial",
		"create invoices": "Financial",
		"create invoice line": "Financial",
		"run payroll": "Financial",
		"send payment": "Financial",
		"get invoice": "Read",
		"delete invoice": "Destructive",
		"label invoice": "Write",
		"create invoice note": "Write",
		"create subscription": "Financial",
		"create topic subscription": "Write",
		"commit transaction": "Write",
	} {
		_category_of(phrase) == expected
	}
}

test_whoever_does_something_to_a_browser_drives_it if {
	_category_of("resize browser") == "Execute"
	_category_of("list browser tabs") == "Read"
}

test_names_the_forms_and_classes_of_objects if {
	{"api", "payments", "payment", "@money", "@any"} - meaning.names_of(["api", "payments"]) == set()
	meaning.names_of([]) == {"@any", "@none"}
}
