# METADATA
# title: Tests of naming
package regate.classifier.naming_test

import data.regate.classifier.naming

_sure(name) := {verb.verb | some verb in found} if {
	found := naming.found with input as {"name": name}
}

_doubtful(name) := {verb.verb | some verb in doubtful} if {
	doubtful := naming.doubtful with input as {"name": name}
}

test_finds_the_verb_wherever_it_stands if {
	every name, expected in {
		"delete_fence": {"delete"},
		"garden_delete_fence": {"delete"},
		"garden_fence_delete": {"delete"},
		"deleteFence": {"delete"},
		"update_fence": {"update"},
		"garden_update_fence": {"update"},
		"garden_fence_update": {"update"},
		"fence_search": {"search"},
	} {
		_sure(name) == expected
	}
}

test_counts_what_is_joined if {
	_sure("get_or_create_fence") == {"get", "create"}
	_sure("create_or_update_fence") == {"create", "update"}
	_sure("lock_then_archive") == {"lock", "archive"}
}

test_counts_a_verb_that_stands_last_beside_the_first if {
	_sure("get_fence_delete") == {"delete", "get"}
	_sure("archive_list") == {"archive", "list"}
	_sure("search_index_delete") == {"delete"}
	_sure("update_build") == {"update"}
	_sure("garden_build") == {"build"}
	_sure("render_build") == {"build", "render"}
}

test_what_lists_does_nothing_else if {
	_sure("list_setup_hints") == {"list"}
	_sure("show_create_table") == {"show"}
	_sure("check_fence_update") == {"check"}
}

test_what_has_been_run_is_data if {
	_sure("run_history") == set()
	_doubtful("run_history") == {"run"}
	_sure("update_status") == {"update"}
	_sure("garden_run_status") == set()
}

test_what_may_be_a_thing_is_doubtful if {
	_sure("fence_order") == set()
	_doubtful("fence_order") == {"order"}
	_sure("skip_stream") == {"skip"}
	_sure("garden_review") == set()
	_doubtful("garden_review") == {"review"}
	_doubtful("review_garden") == set()
	_sure("garden_scan_fence") == set()
}

test_a_word_that_tells_is_no_verb if {
	_sure("fence_documentation") == set()
	_doubtful("fence_documentation") == set()
}

test_knows_a_name_of_data if {
	every name in ["status", "tables", "logs", "info", "server_status", "table_columns", "metrics", "order_status"] {
		naming.names_data with input as {"name": name}
	}
	every name in [
		"", "frobnicate", "frobnicate_status", "task", "message", "bash", "python", "tables_frobnicate", "block_user",
		"order_items",
	] {
		not naming.names_data with input as {"name": name}
	}
}

_said_of(name) := [verb.objects | some verb in found][0] if {
	found := naming.found with input as {"name": name}
}

test_a_verb_is_said_of_what_follows_or_of_all_before if {
	_said_of("delete_garden_fence") == ["garden", "fence"]
	_said_of("garden_fence_delete") == ["garden", "fence"]
	_said_of("delete_fence_by_id") == ["fence"]
	_said_of("remove_fence_from_garden") == ["fence", "from"]
	_said_of("delete") == []
}

test_gives_the_category if {
	naming.found == {{"verb": "remove", "category": "Write", "objects": ["label"]}} with input as {"name": "remove_label"}
}

test_a_name_that_reads_and_at_once_does_more_does_both if {
	_sure("get_delete_user") == {"delete", "get"}
	_sure("fetch_purge_queue") == {"fetch", "purge"}
	_sure("get_delete_status") == {"get"}
	_sure("get_validate_user") == {"get"}
	_sure("get_create_table_statement") == {"get"}
}
