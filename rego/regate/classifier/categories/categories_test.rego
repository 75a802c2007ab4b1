# METADATA
# title: Tests of the categories
package regate.classifier.categories_test

import data.regate.classifier.categories

test_the_worst_is_the_most_dangerous if {
	every i, category in categories.by_danger {
		categories.worst({less | some j, less in categories.by_danger; j <= i}) == category
	}
}

test_nothing_has_no_worst if not categories.worst(set())

test_every_category_has_a_risk if object.keys(categories.risk) == {category | some category in categories.by_danger}
