# METADATA
# title: Tests of parameters
package regate.classifier.parameters_test

import data.regate.classifier.parameters

_of(properties) := {"name": "a", "inputSchema": {"type": "object", "properties": properties}}

test_finds_the_actions_to_choose_from if {
	every property in [
		{"enum": ["get", "create_fence", "delete", "frobnicate", 7]},
		{"anyOf": [{"const": "get"}, {"const": "create_fence"}, {"const": "delete"}]},
	] {
		parameters.actions == {
			{"verb": "create", "category": "Write", "objects": ["fence"]},
			{"verb": "delete", "category": "Destructive", "objects": []},
			{"verb": "get", "category": "Read", "objects": []},
		} with input as _of({"fence_action": property})
	}
}

test_finds_the_actions_wherever_the_schema_has_them if {
	choice := {"enum": ["get", "delete"]}
	actions := {
		{"verb": "delete", "category": "Destructive", "objects": []},
		{"verb": "get", "category": "Read", "objects": []},
	}
	every property in [
		{"oneOf": [{"const": "get"}, {"const": "delete"}]},
		{"allOf": [choice]},
		{"anyOf": [choice, {"type": "null"}]},
		{"anyOf": [{"$ref": "#/$defs/Choice"}, {"type": "null"}]},
		{"$ref": "#/$defs/Choice", "description": "What to do"},
		{"$ref": "#/definitions/Old"},
		{"type": "array", "items": {"$ref": "#/$defs/Choice"}},
		{"type": "array", "items": {"anyOf": [choice]}},
	] {
		schema := {"properties": {"action": property}, "$defs": {"Choice": choice}, "definitions": {"Old": choice}}
		parameters.actions == actions with input as {"name": "a", "inputSchema": schema}
	}
	inner := {"properties": {"action": choice, "sql": {"type": "string"}}}
	variants := [{"properties": {"action": {"const": "get"}}}, {"properties": {"action": {"const": "delete"}}}]
	every schema in [
		{"properties": {"request": inner}},
		{"properties": {"request": {"$ref": "#/$defs/Request"}}, "$defs": {"Request": inner}},
		{"properties": {"requests": {"type": "array", "items": inner}}},
		{"properties": {"request": {"oneOf": variants}}},
		{"$ref": "#/$defs/Request", "$defs": {"Request": inner}},
		{"oneOf": variants},
	] {
		parameters.actions == actions with input as {"name": "a", "inputSchema": schema}
	}
	parameters.queries == {"sql"} with input as {"name": "a", "inputSchema": {"properties": {"request": inner}}}
}

test_a_reference_that_leads_nowhere_says_nothing if {
	every reference in ["#/$defs/None", "#/$defs/Loop", "https://example.com/a.json", "#", 7, null, {}] {
		schema := {"properties": {"action": {"$ref": reference}}, "$defs": {"Loop": {"$ref": "#/$defs/Loop"}}}
		parameters.actions == set() with input as {"name": "a", "inputSchema": schema}
	}
}

test_what_others_hold_sends_and_switches_nothing if {
	inner := {"to": {"type": "string"}, "delete_all": {"type": "boolean"}}
	parameters.recipients == set() with input as _of({"relation": {"properties": inner}})
	parameters.switches.deletes == set() with input as _of({"relation": {"properties": inner}})
}

test_other_choices_are_no_actions if {
	parameters.actions == set() with input as _of({"state": {"enum": ["create", "delete"]}})
	parameters.actions == set() with input as _of({"action": {"enum": "delete"}})
	parameters.actions == set() with input as _of({"action": {"type": "string"}})
}

test_the_methods_of_http_are_any_request if {
	property := {"enum": ["GET", "POST", "DELETE"]}
	parameters.any_request with input as _of({"method": property})
	parameters.actions == set() with input as _of({"method": property})
	not parameters.any_request with input as _of({"method": {"enum": ["get", "delete"]}})
	not parameters.any_request with input as _of({"method": {"enum": ["post", "archive"]}})
	not parameters.any_request with input as _of({})
}

test_finds_what_is_run if {
	parameters.code == {"command"} with input as _of({"command": {"type": "string"}})
	parameters.code == {"Script"} with input as _of({"Script": {}})
	parameters.code == {"code"} with input as _of({"code": {"type": "string", "description": "Python to run"}})
	parameters.code == set() with input as _of({"code": {"type": "string", "description": "Of the country"}})
	parameters.code == set() with input as _of({"code": {"type": "string"}})
	parameters.code == set() with input as _of({"command": {"type": "string", "enum": ["a", "b"]}})
	parameters.code == set() with input as _of({"command": {"type": "number"}})
	parameters.queries == {"sql"} with input as _of({"sql": {"type": "string"}})
	parameters.queries == {"query"} with input as _of({"query": {"type": "string", "description": "In SQL"}})
	parameters.queries == set() with input as _of({"query": {"type": "string", "description": "What to look for"}})
}

test_finds_an_amount_of_a_currency if {
	parameters.money == {"amount"} with input as _of({"amount": {"type": "number"}, "currency": {"type": "string"}})
	parameters.money == set() with input as _of({"amount": {"type": "number"}})
	parameters.money == set() with input as _of({"currency": {"type": "string"}})
}

test_finds_recipients_addresses_secrets_and_lists if {
	parameters.recipients == {"to"} with input as _of({"to": {"type": "string"}})
	parameters.addresses == {"callback_url"} with input as _of({"callback_url": {"type": "string"}})
	parameters.addresses == set() with input as _of({"url_count": {"type": "string"}})
	parameters.secrets == {"new_password"} with input as _of({"new_password": {"type": "string"}})
	parameters.lists == {"fence_ids"} with input as _of({"fence_ids": {"type": "array"}})
	parameters.lists == set() with input as _of({"fence_ids": {"type": "string"}})
}

test_finds_switches if {
	parameters.switches == {"deletes": {"delete_after"}, "overwrites": {"force"}} with input as _of({
		"delete_after": {"type": "boolean"},
		"force": {"type": "boolean"},
		"dry_run": {"type": "boolean"},
		"delete_before": {"type": "string"},
		"overwrite_with": {"type": "string"},
	})
}
