# METADATA
# title: Tests of the rules for MongoDB
package policy.servers.mongodb_test

import data.policy.servers_test

_rule(id) := $"policy.servers.mongodb/{id}"

_decide(tool, args) := servers_test.decide("mongodb", tool, args)

_javascript := "Queries that run JavaScript ($where, $function, $accumulator) are not for agents"

_writing := "Pipelines that write ($out, $merge) are not for agents"

_limited(id, fields) := object.union(
	servers_test.allowed([_rule(id)]),
	{"rate_limits": [servers_test.limit(_rule(id), fields)]},
)

_piped := _limited("thirty-pipelines-a-minute", {"max": 30, "window": 60})

test_queries_are_run if {
	_decide("find", {"filter": {"a": {"$gt": 1}, "where": "$where"}}) == servers_test.refused(
		servers_test.read([_rule("no-javascript")]),
		_javascript,
	)
	_decide("find", {"filter": {"a": {"$gt": 1}, "where": "out"}}) == servers_test.read([])
	_decide("aggregate", {"pipeline": [{"$match": {"a": 1}}, {"$group": {"_id": "$outlet"}}]}) == _piped
}

test_javascript_is_not_run if {
	every filter in [{"$where": "1"}, {"a": [{"$function": {}}]}, {"a": {"b": {"$accumulator": {}}}}, `{"$where": "1"}`] {
		every tool, field in {"find": "filter", "count": "query"} {
			_decide(tool, {field: filter}) == servers_test.refused(servers_test.read([_rule("no-javascript")]), _javascript)
		}
	}
}

test_pipelines_do_not_write if {
	every stage in [{"$out": "b"}, {"$merge": {"into": "b"}}, {"$facet": {"a": [{"$out": "b"}]}}, `{"$out": "b"}`] {
		_decide("aggregate", {"pipeline": [{"$match": {}}, stage]}) == servers_test.refused(
			object.union(_piped, {"rules": [_rule("no-writing-pipelines"), _rule("thirty-pipelines-a-minute")]}),
			_writing,
		)
	}
}

test_a_call_without_arguments_is_judged_by_its_tool if {
	_decide("list-connections", {}) == servers_test.read([])
	_decide("list-connections", null) == servers_test.read([])
}

test_connecting_needs_approval_and_is_not_logged if {
	_decide("connect", {"connectionString": "mongodb://a:b@c"}) == object.union(
		servers_test.asked(
			servers_test.allowed([_rule("connect-approved")]),
			["Which database an agent talks to is for a person to decide"],
		),
		{"redact": ["/connectionString"]},
	)
}

test_inserting_costs_its_documents if {
	_decide("insert-many", {"documents": []}) == _inserted(0)
	_decide("insert-many", {"documents": [{}, {}]}) == _inserted(2)
	every args in [{"documents": null}, {"documents": {}}, {"documents": "a"}, {}, null] {
		_decide("insert-many", args) == _inserted(1001)
	}
}

test_a_filtered_change_needs_approval if {
	every tool, rule in _changes {
		_decide(tool, {"filter": {"a": 1}}) == servers_test.asked(servers_test.allowed([_rule(rule.id)]), [rule.reason])
	}
}

test_a_change_of_everything_is_denied if {
	every tool, rule in _changes {
		every args in [{"filter": {}}, {"filter": null}, {"filter": []}, {"filter": ["a"]}, {"filter": "a"}, {}, null] {
			_decide(tool, args) == servers_test.refused(
				servers_test.allowed([_rule(rule.id), _rule(rule.deny)]),
				rule.refusal,
			)
		}
	}
}

test_renaming_needs_approval if {
	every args in [{"newName": "b"}, {"newName": "b", "dropTarget": false}] {
		_decide("rename-collection", args) == servers_test.asked(
			servers_test.allowed([_rule("rename-approved")]),
			["Whatever reads the collection by its former name stops working"],
		)
	}
}

test_renaming_drops_nothing if {
	every args in [{"dropTarget": true}, {"dropTarget": "false"}, {"dropTarget": null}, {"dropTarget": 0}, null] {
		_decide("rename-collection", args) == servers_test.refused(
			servers_test.allowed([_rule("nothing-dropped"), _rule("rename-approved")]),
			"Leave dropTarget out: it deletes the collection that has the new name",
		)
	}
}

test_dropping_is_denied if {
	every tool in ["drop-collection", "drop-database", "drop-index"] { _decide(tool, {}) == servers_test.destroyed }
}

test_every_other_tool_is_allowed if {
	servers_test.restricted("mongodb", {}) == {
		"connect",
		"delete-many",
		"drop-collection",
		"drop-database",
		"drop-index",
		"rename-collection",
		"update-many",
	}
}

_inserted(cost) := _limited("thousand-documents", {"max": 1000, "window": 600, "cost": cost})

_changes := {
	"delete-many": {
		"id": "deletes-approved",
		"reason": "Documents that are deleted can't be brought back",
		"deny": "no-deletes-of-all",
		"refusal": "Give a filter: without one every document is deleted",
	},
	"update-many": {
		"id": "updates-approved",
		"reason": "Nothing keeps what stood in the documents before",
		"deny": "no-updates-of-all",
		"refusal": "Give a filter: without one every document is changed",
	},
}
