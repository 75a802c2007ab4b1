package regate_test

import data.regate

test_a_tool_is_classified if {
	regate.classify == {
		"category": "Read",
		"risk": "Low",
		"severity": "low",
		"signals": [],
		"required": ["id"],
		"rationale": "Named get_fence: get (Read). Described as: get (Read).",
	} with input as {
		"name": "get_fence",
		"description": "Gets a fence",
		"inputSchema": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
	}
}
