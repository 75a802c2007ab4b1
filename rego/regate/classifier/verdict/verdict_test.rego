# METADATA
# title: Tests of the verdict
package regate.classifier.verdict_test

import data.regate.classifier.verdict

_category(tool) := category if {
	category := verdict.category with input as tool
}

_reasons(tool) := object.keys(raises) if {
	raises := verdict.raises with input as tool
}

test_the_most_dangerous_counts if {
	_category({"name": "get_fence", "description": "Gets a fence"}) == "Read"
	_category({"name": "get_fence", "description": "Deletes a fence"}) == "Destructive"
	_category({"name": "delete_fence", "description": "Gets a fence"}) == "Destructive"
	_category({"name": "get_fence", "inputSchema": {"properties": {"action": {"enum": ["set"]}}}}) == "Write"
}

test_without_a_verb_data_are_read if {
	_category({"name": "status"}) == "Read"
	_category({"name": "frobnicator", "description": "Full history"}) == "Read"
}

test_without_anything_it_executes if {
	_category({"name": "frobnicate"}) == "Execute"
	_category({"name": "frobnicate", "description": "A thing"}) == "Execute"
	_category({"name": "frobnicator_quote"}) == "Execute"
	verdict.unclear with input as {"name": "frobnicate"}
	not verdict.unclear with input as {"name": "status"}
	not verdict.unclear with input as {"name": "get_fence"}
}

test_what_may_be_a_verb_counts_where_nothing_else_does if {
	_category({"name": "fence_order"}) == "Financial"
	verdict.unclear with input as {"name": "fence_order"}
}

test_what_begins_unknown_executes_at_least if {
	given := {"name": "fence", "description": "Frobnicates fences. Returns them."}
	_category(given) == "Execute"
	verdict.unclear with input as given
	_category(object.union(given, {"description": "Frobnicates fences. Deletes them."})) == "Destructive"
}

test_annotations_raise if {
	reads := {"name": "get_fence"}
	_category(object.union(reads, {"annotations": {"destructiveHint": true}})) == "Destructive"
	_category(object.union(reads, {"annotations": {"readOnlyHint": false}})) == "Write"
	_category(object.union(reads, {"annotations": {"readOnlyHint": false, "destructiveHint": true}})) == "Destructive"
	_category({"name": "frobnicate", "annotations": {"destructiveHint": true}}) == "Destructive"
	_category({"name": "run_fence", "annotations": {"destructiveHint": true}}) == "Execute"
	_category({"name": "pay_fence", "annotations": {"destructiveHint": true}}) == "Financial"
}

test_annotations_never_lower if {
	every name, category in {
		"delete_fence": "Destructive",
		"pay_fence": "Financial",
		"run_fence": "Execute",
		"create_fence": "Write",
		"get_fence": "Read",
		"frobnicate": "Execute",
	} {
		every annotations in [
			{"readOnlyHint": true},
			{"readOnlyHint": true, "destructiveHint": false},
			{"readOnlyHint": true, "destructiveHint": true},
			{"destructiveHint": false, "idempotentHint": true, "openWorldHint": false},
		] {
			_category({"name": name, "annotations": annotations}) == category
		}
	}
}

test_what_can_not_be_undone_is_destructive if {
	_category({"name": "update_fence", "description": "Updates a fence. This cannot be undone."}) == "Destructive"
	_category({"name": "get_fence", "description": "Gets a fence. It also deletes it."}) == "Destructive"
	_category({"name": "pay_fence", "description": "Pays a fence. This cannot be undone."}) == "Financial"
}

test_what_was_not_read_may_execute if {
	schema := {"properties": {$"p{i}": {} | some i in numbers.range(0, 200)}}
	_category({"name": "get_fence", "inputSchema": schema}) == "Execute"
	_category({"name": "delete_fence", "inputSchema": schema}) == "Destructive"
}

test_an_amount_of_a_currency_is_money if {
	schema := {"properties": {"amount": {"type": "number"}, "currency": {"type": "string"}}}
	_category({"name": "add_fence", "inputSchema": schema}) == "Financial"
	_category({"name": "get_fence", "inputSchema": schema}) == "Read"
}

test_what_is_not_what_it_seems_is_destructive if {
	_reasons({"name": "g\u0435t_fence"}) == {"look_alike"}
	_reasons({"name": "hol_zäune"}) == set()
	_category({"name": "g\u0435t_fence", "description": "Gets a fence"}) == "Destructive"
	_category({"name": "get\u200b_fence", "description": "Gets a fence"}) == "Destructive"
	_category({"name": "d\u00adelete_fence", "description": "Gets a fence"}) == "Destructive"
	_category({"name": "de\u01c0ete_fence", "description": "Gets a fence"}) == "Destructive"
	every tool in [7, [], {}, {"name": 7}, {"name": "get_fence", "description": 7}] {
		_category(tool) == "Destructive"
		"malformed" in _reasons(tool)
	}
}

test_a_name_that_is_not_read_may_execute if {
	_category({"name": "\u5220\u9664_users", "description": "Deletes users"}) == "Destructive"
	_reasons({"name": "l\u00f6sche_users"}) == set()
	long := concat("", ["x" | some _ in numbers.range(1, 200)])
	every name in ["\uff44\uff45\uff4c_users", "\u5220\u9664_users", "get_users_\u5220\u9664", $"get_{long}_delete"] {
		_reasons({"name": name}) == {"unread_name"}
		_category({"name": name, "description": "Gets users"}) == "Execute"
		verdict.unclear with input as {"name": name}
	}
}

test_a_name_for_data_does_not_outdo_a_description_that_is_not_understood if {
	_category({"name": "users", "description": "Everybody there is"}) == "Read"
	every description in ["Frobnicates everybody", "\u5220\u9664\u6240\u6709\u7528\u6237"] {
		_category({"name": "users", "description": description}) == "Execute"
		verdict.unclear with input as {"name": "users", "description": description}
	}
}

test_choices_that_are_not_read_may_execute if {
	choices := [$"get_{i}" | some i in numbers.range(1, 60)]
	_category(_choosing(choices)) == "Read"
	_category(_choosing(array.concat(choices, ["delete"]))) == "Execute"
}

_choosing(choices) := {
	"name": "get_fence",
	"inputSchema": {"properties": {"action": {"enum": choices}}},
}
