# METADATA
# title: Tests of the rules for notes
package policy.servers.notes_test

import data.regate

_decide(tool, args) := decision if {
	decision := regate.decision with input as {"server": "notes", "tool": tool, "args": args}
}

test_notes_are_added_within_limits if {
	decision := _decide("add_note", {"id": "a", "text": "b"})
	decision.action == "allow"
	[limit.max | some limit in decision.rate_limits] == [3]
}

test_private_notes_are_not_read if {
	_decide("read_note", {"id": "a"}).action == "allow"
	every args in [{"id": "private-a"}, {"id": 7}, {}, null] { _decide("read_note", args).action == "deny" }
}

test_deleting_needs_a_person if _decide("delete_note", {"id": "a"}).action == "require_approval"

test_what_no_rule_names_is_denied if _decide("export_notes", {}).action == "deny"
