# METADATA
# title: Tests of phrases
package regate.classifier.phrases_test

import data.regate.classifier.phrases

_are_said(text, said) if phrases.are_said(text, phrases.words_of(text), said)

test_finds_a_phrase_by_its_word if {
	every text in [
		"this cannot be undone",
		"use with care: this can't be undone.",
		"permanently deletes the record",
		"lists files, then deletes them",
		"a note (irreversible)",
	] {
		_are_said(text, phrases.irreversible)
	}
}

test_a_word_alone_is_no_phrase if {
	every text in ["deletes a file", "a change that can be undone", "restores what was restored", ""] {
		not _are_said(text, phrases.irreversible)
	}
}

test_every_phrase_is_found_in_a_text_that_is_only_it if {
	every said in [phrases.irreversible, phrases.overwriting, phrases.instructing, phrases.steering] {
		every _, listed in said {
			every phrase in listed { _are_said(phrase, said) }
		}
	}
}
