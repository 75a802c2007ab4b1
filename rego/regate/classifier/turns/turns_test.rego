# METADATA
# title: Tests of the turns
package regate.classifier.turns_test

import data.regate.classifier.categories
import data.regate.classifier.nouns
import data.regate.classifier.turns
import data.regate.classifier.verbs

test_only_verbs_that_are_known_turn if {
	every verb, _ in turns.by_verb { verbs.known[split(verb, " ")[0]] }
}

test_they_turn_to_a_category if {
	every _, by_category in turns.by_verb {
		every category, _ in by_category { category in categories.by_danger }
	}
}

test_they_turn_away_from_what_the_verb_says if {
	every verb, by_category in turns.by_verb {
		every category, _ in by_category { category != verbs.said(split(verb, " ")[0]).usual }
	}
}

test_classes_among_their_objects_exist if {
	known := {$"@{class}" | some class in nouns.classes} | {"@any", "@none"}
	every _, by_category in turns.by_verb {
		every _, listed in by_category {
			every name in split(listed, " ") { _is_known(name, known) }
		}
	}
}

_is_known(name, _) if not startswith(name, "@")

_is_known(name, known) if name in known
