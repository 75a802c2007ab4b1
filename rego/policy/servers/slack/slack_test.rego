# METADATA
# title: Tests of the rules for Slack
package policy.servers.slack_test

import data.policy.servers_test

_rule(id) := $"policy.servers.slack/{id}"

_decide(tool, args) := servers_test.decide("slack", tool, args)

_messages := {
	"slack_post_message": {"id": "ten-messages", "max": 10},
	"slack_reply_to_thread": {"id": "twenty-replies", "max": 20},
}

_sent(message, rules) := object.union(servers_test.allowed(array.concat([_rule(message.id)], rules)), {"rate_limits": [
	servers_test.limit(_rule(message.id), {"max": message.max, "window": 600, "per": "principal"}),
]})

test_messages_are_limited_for_each_agent if {
	every tool, message in _messages {
		every text in ["Deployed.", "<@U123> please look", "", "<#C123>"] {
			_decide(tool, {"channel_id": "C123", "text": text}) == _sent(message, [])
		}
	}
}

test_nobody_is_woken_at_large if {
	every tool, message in _messages {
		every args in [
			{"text": "<!channel> look"},
			{"text": "<!HERE>"},
			{"text": "<!here|here>"},
			{"text": "<!everyone>"},
			{"text": "<!subteam^S123>"},
			{"text": "@channel look"},
			{"text": "@here"},
			{"text": "@Everyone"},
			{"text": null},
			{"text": 7},
			{"text": ["hello"]},
			{},
			null,
		] {
			_decide(tool, args) == servers_test.refused(
				_sent(message, [_rule("no-mass-mentions")]),
				"Write to people by name, not to everyone at once",
			)
		}
	}
}

test_the_list_of_people_needs_approval if {
	_decide("slack_get_users", {}) == servers_test.asked(
		servers_test.allowed([_rule("people-approved")]),
		["The list holds everyone's name and address"],
	)
}

test_every_other_tool_is_allowed if {
	servers_test.restricted("slack", {}) == {"slack_get_users", "slack_post_message", "slack_reply_to_thread"}
}
