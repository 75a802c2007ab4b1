# METADATA
# title: Tests of the verbs
package regate.classifier.verbs_test

import data.regate.classifier.categories
import data.regate.classifier.verbs

test_every_verb_has_a_category_and_a_grade if {
	every name, _ in verbs.known {
		verb := verbs.said(name)
		verb.usual in categories.by_danger
		verb.grade in {"firm", "loose", "nominal", "telling"}
	}
}

test_only_reading_is_told_by_nouns if {
	every name, _ in verbs.known {
		verb := verbs.said(name)
		verb.usual in ({"Read" | verb.grade == "telling"} | {verb.usual | verb.grade != "telling"})
	}
}

test_sets_of_verbs_hold_verbs if {
	every verb in (verbs.events | verbs.aside) | (verbs.sending | verbs.things) { verbs.known[verb] }
}

test_verbs_that_are_things_read if {
	every verb in verbs.things { verbs.said(verb).usual == "Read" }
}
