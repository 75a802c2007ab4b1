# METADATA
# title: Tests of the evidence
package regate.classifier.evidence_test

import data.regate.classifier.evidence

# What is found of a tool, each as "source: verb category".
_found(tool) := {$"{item.source}: {item.verb} {item.category}" | some item in items} if {
	items := evidence.verbs_found with input as tool
}

test_gathers_from_every_source if {
	_found({
		"name": "manage_fence",
		"description": "Creates a fence",
		"inputSchema": {"properties": {
			"action": {"enum": ["get", "delete"]},
			"script": {"type": "string"},
			"method": {"enum": ["get", "post"]},
		}},
	}) == {
		"name: manage Write", "description: create Write", "parameters: get Read", "parameters: delete Destructive",
		"parameters: run Execute", "parameters: make Execute",
	}
}

test_a_noun_is_a_verb_where_the_description_begins_with_it if {
	_found({"name": "order_fence", "description": "Order fence"}) == {"name: order Financial"}
	_found({"name": "order_fence", "description": "Returns fences"}) == {"description: return Read"}
	_found({"name": "order_history", "description": "Order history"}) == set()
}

test_what_is_not_understood_may_do_more if {
	given := {"name": "press_fence_order", "description": "Frobnicates fences. Returns them."}
	evidence.may_do_more with input as object.union(given, {"name": "fence_order"})
	"name: order Financial" in _found(object.union(given, {"name": "fence_order"}))
	not evidence.may_do_more with input as given
	not evidence.may_do_more with input as {"name": "fence", "description": "Returns fences"}
}

test_the_description_corrects_a_verb_that_is_a_noun if {
	_found({"name": "garden_share_list", "description": "Lists shares"}) == {
		"name: list Read", "description: list Read",
	}
	_found({"name": "garden_share_list", "description": "Returns shares"}) == {
		"name: list Read", "name: share Write", "description: return Read",
	}
	_found({"name": "garden_share_list", "description": "Shares and lists them"}) == {
		"name: list Read", "name: share Write", "description: list Read", "description: share Write",
	}
	_found({"name": "add_or_list", "description": "Lists fences"}) == {
		"name: add Write", "name: list Read", "description: list Read",
	}
	_found({"name": "garden_run_list", "description": "Lists runs"}) == {
		"name: list Read", "name: run Execute", "description: list Read",
	}
}

test_a_claim_to_read_takes_nothing_back_but_running if {
	_found({"name": "get_fence", "description": "Deletes read-only fences"}) == {
		"name: get Read", "description: delete Destructive",
	}
	_found({"name": "set_fence", "description": "Deletes a read-only query"}) == {
		"name: set Write", "description: delete Destructive",
	}
	_found({"name": "set_picture", "description": "Generates a picture"}) == {
		"name: set Write", "description: generate Write",
	}
}

test_a_query_that_reads_only_is_read if {
	every tool in [
		{"name": "run_query", "description": "Runs a read-only query"},
		{"name": "read_gremlin", "description": "Executes commands in read mode"},
		{"name": "find_fence", "description": "Runs a search over fences"},
		{"name": "query_metrics", "description": "Executes a query"},
		{"name": "get_plan", "description": "Generates a picture"},
	] {
		every found in _found(tool) { endswith(found, " Read") }
	}
}

test_what_may_write_is_run if {
	every tool in [
		{"name": "run_query", "description": "Runs a query"},
		{"name": "run_script", "description": "Runs a read-only script"},
		{"name": "run_garden", "description": "Runs a read-only garden"},
		{"name": "set_fence", "description": "Runs a search"},
		{"name": "find_fence", "description": "Runs arbitrary search scripts"},
		{"name": "query_garden", "description": "Executes a query"},
		{"name": "run_garden", "description": "Runs a search"},
	] {
		some found in _found(tool)
		endswith(found, " Execute")
	}
}

test_a_parameter_that_is_run_counts_but_for_studies if {
	schema := {"properties": {"sql": {"type": "string"}}}
	_found({"name": "get_rows", "inputSchema": schema}) == {"name: get Read", "parameters: run Execute"}
	_found({"name": "explain_plan", "inputSchema": schema}) == {"name: explain Read"}
	_found({"name": "get_rows", "description": "Gets rows by a read-only query", "inputSchema": schema}) == {
		"name: get Read", "description: get Read",
	}
}

test_says_where_data_are_named if {
	evidence.data_found == {"name"} with input as {"name": "status"}
	evidence.data_found == {"description", "name"} with input as {"name": "status", "description": "Tables"}
	evidence.data_found == set() with input as {"name": "frobnicate"}
}

test_keeps_what_is_doubtful if {
	evidence.doubtful_found == {
		{"source": "name", "verb": "order", "category": "Financial", "objects": ["fence"]},
		{"source": "description", "verb": "draft", "category": "Write", "objects": ["fences"]},
	} with input as {"name": "fence_order", "description": "Draft fences"}
}
