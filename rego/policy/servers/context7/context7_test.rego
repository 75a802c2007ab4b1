# METADATA
# title: Tests of the rules for Context7
package policy.servers.context7_test

import data.policy.servers_test

_rule(id) := $"policy.servers.context7/{id}"

_decide(tool, query) := servers_test.decide("context7", tool, {"query": query, "libraryId": "/honojs/hono"})

_tools := ["query-docs", "resolve-library-id"]

_asked(rules) := object.union(
	servers_test.read(array.concat([_rule("thirty-questions-a-minute")], rules)),
	{"rate_limits": [servers_test.limit(_rule("thirty-questions-a-minute"), {
		"max": 30,
		"window": 60,
		"over": "server",
	})]},
)

_longest := concat("", ["a" | some _ in numbers.range(1, 500)])

test_short_questions_are_answered if {
	every tool in _tools {
		every query in ["How do I set a header?", "", _longest] { _decide(tool, query) == _asked([]) }
	}
}

test_long_questions_are_denied if {
	every tool in _tools {
		every query in [$"{_longest}a", null, 7, ["How?"], {"a": 1}] {
			_decide(tool, query) == servers_test.refused(
				_asked([_rule("short-questions")]),
				"Ask in at most 500 characters, without code and data of the project",
			)
		}
	}
}

test_a_call_without_a_question_is_denied if {
	every args in [{}, null, []] {
		every tool in _tools { servers_test.decide("context7", tool, args).action == "deny" }
	}
}
