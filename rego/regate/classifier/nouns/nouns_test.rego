# METADATA
# title: Tests of the nouns
package regate.classifier.nouns_test

import data.regate.classifier.nouns

test_every_noun_has_one_known_class if {
	nouns.classes.invoice == "money"
	nouns.classes.apikey == "secret"
	every class in nouns.classes {
		class in {"bond", "browser", "code", "money", "plain", "query", "right", "secret", "view", "work"}
	}
}

test_data_are_things if nouns.for_data - nouns.for_things == set()

test_some_things_are_not_data_by_themselves if {
	"status" in nouns.for_data
	"table" in (nouns.for_things - nouns.for_data)
}

test_nobody_pays_a_topic if "topic" in nouns.unpaid
