# METADATA
# title: Tests of the rules for Notion
package policy.servers.notion_test

import data.policy.servers_test

_rule(id) := $"policy.servers.notion/{id}"

_decide(tool, args) := servers_test.decide("notion", tool, args)

test_an_update_that_says_so_keeps_its_block if {
	_decide("API-update-a-block", {"archived": false}) == servers_test.written([_rule("block-by-default")])
}

test_an_update_that_does_not_say_so_is_denied if {
	every args in [{"block_id": "a"}, {"archived": true}, {"archived": "false"}, {"archived": null}, {}, null] {
		_decide("API-update-a-block", args) == servers_test.refused(
			servers_test.written([_rule("block-by-default"), _rule("block-kept")]),
			"Say `archived: false`: an update must not delete its block",
		)
	}
}

test_an_update_keeps_its_page if {
	every args in [{"page_id": "a"}, {"in_trash": false, "archived": false}, {}] {
		_decide("API-patch-page", args) == servers_test.written([_rule("page-by-default")])
	}
}

test_an_update_that_deletes_its_page_is_denied if {
	every args in [{"in_trash": true}, {"archived": true}, {"in_trash": "true"}, {"in_trash": null}, null] {
		_decide("API-patch-page", args) == servers_test.refused(
			servers_test.written([_rule("page-by-default"), _rule("page-kept")]),
			"Leave in_trash and archived out: pages are deleted by people",
		)
	}
}

test_edits_in_place_are_limited if {
	every type in ["insert_content", "update_content"] {
		_decide("API-update-page-markdown", {"type": type, type: {}}) == servers_test.written([_rule("text-by-default")])
	}
}

test_replacing_a_text_needs_approval if {
	every args in [{"type": "replace_content"}, {"type": "replace_content_range"}, {"type": null}, {"type": 7}, {}] {
		_decide("API-update-page-markdown", args) == servers_test.asked(
			servers_test.written([_rule("replacing-approved"), _rule("text-by-default")]),
			["The text that is there would be replaced: use update_content, or have a person agree"],
		)
	}
}

test_an_edit_keeps_the_pages_below if {
	every content in [
		{"allow_deleting_content": true},
		{"allow_deleting_content": false},
		`{"new_str": "", "allow_deleting_content": true}`,
	] {
		_decide("API-update-page-markdown", {"type": "update_content", "update_content": content}) == servers_test.refused(
			servers_test.written([_rule("pages-below-kept"), _rule("text-by-default")]),
			"Leave allow_deleting_content out: pages are deleted by people",
		)
	}
}

test_a_table_is_renamed if {
	_decide("API-update-a-data-source", {"data_source_id": "a", "title": []}) == servers_test.written([
		_rule("columns-by-default"),
	])
}

test_changing_columns_needs_approval if {
	every args in [{"properties": {"Price": null}}, {"properties": "{}"}, {"properties": null}, null, []] {
		_decide("API-update-a-data-source", args) == servers_test.asked(
			servers_test.written([_rule("columns-approved"), _rule("columns-by-default")]),
			["Columns that are changed or removed lose their values in every row"],
		)
	}
}

test_moving_and_listing_people_need_approval if {
	_decide("API-move-page", {"page_id": "a"}) == servers_test.asked(
		servers_test.allowed([_rule("move-approved")]),
		["Where a page stands decides who can read it"],
	)
	_decide("API-get-users", {}) == servers_test.asked(
		servers_test.allowed([_rule("people-approved")]),
		["The list holds everyone's name and address"],
	)
}

test_deleting_a_block_is_denied if _decide("API-delete-a-block", {"block_id": "a"}) == servers_test.destroyed

test_every_other_tool_is_allowed if {
	servers_test.restricted("notion", {}) == {
		"API-delete-a-block",
		"API-get-users",
		"API-move-page",
		"API-update-a-block",
		"API-update-page-markdown",
	}
}
