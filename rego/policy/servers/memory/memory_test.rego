# METADATA
# title: Tests of the rules for Memory
package policy.servers.memory_test

import data.policy.servers_test

_rule(id) := $"policy.servers.memory/{id}"

_decide(tool, args) := servers_test.decide("memory", tool, args)

_deleted(id, cost) := object.union(servers_test.allowed([_rule(id)]), {"rate_limits": [servers_test.limit(_rule(id), {
	"max": 20,
	"window": 3600,
	"cost": cost,
})]})

test_deletes_cost_what_they_delete if {
	every field, rule in {
		"deletions": {"tool": "delete_observations", "id": "facts-deleted-within-limits"},
		"relations": {"tool": "delete_relations", "id": "relations-deleted-within-limits"},
	} {
		_decide(rule.tool, {field: []}) == _deleted(rule.id, 0)
		_decide(rule.tool, {field: [{}, {}]}) == _deleted(rule.id, 2)
		every args in [{field: null}, {field: "a"}, {field: {"a": 1}}, {field: 1}, {}, null] {
			_decide(rule.tool, args) == _deleted(rule.id, 21)
		}
	}
}

test_few_entities_are_deleted_with_approval if {
	every names in [[], ["a"], ["a", "b", "c"]] {
		_decide("delete_entities", {"entityNames": names}) == servers_test.asked(
			servers_test.allowed([_rule("entities-approved")]),
			["An entity is deleted with all that is known of it, and nothing keeps it"],
		)
	}
}

test_many_entities_are_not_deleted if {
	every args in [{"entityNames": ["a", "b", "c", "d"]}, {"entityNames": "a"}, {"entityNames": null}, {}, null] {
		_decide("delete_entities", args) == servers_test.refused(
			servers_test.allowed([_rule("entities-approved"), _rule("three-entities-at-once")]),
			"Delete at most three entities in one call, so that a person can judge each",
		)
	}
}

test_writing_is_limited_over_all_tools if {
	every tool in ["add_observations", "create_entities", "create_relations"] {
		decision := servers_test.written([_rule("sixty-changes-a-minute")])
		_decide(tool, {}) == object.union(decision, {"rate_limits": array.concat(decision.rate_limits, [
			servers_test.limit(_rule("sixty-changes-a-minute"), {"max": 60, "window": 60, "over": "category"}),
		])})
	}
}

test_reading_is_allowed if {
	every tool in ["open_nodes", "read_graph", "search_nodes"] { _decide(tool, {}) == servers_test.read([]) }
}

test_no_other_tool_is_restricted if servers_test.restricted("memory", {}) == {"delete_entities"}
