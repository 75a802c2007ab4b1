package policy.guardrails_test

import data.regate

_reason := "A secret was read in the last 24 hours: nothing is sent out"

_history(labels) := {"tools": {}, "categories": {}, "labels": labels}

_allowed(server, tool, labels) if {
	decision := regate.decision with input as _call(server, tool, labels)
	decision.action == "allow"
}

_denied(server, tool, labels) if {
	decision := regate.decision with input as _call(server, tool, labels)
	decision.action == "deny"
	decision.reasons == [_reason]
	"policy.guardrails/no-sends-after-secrets" in decision.rules
}

_call(server, tool, labels) := {
	"server": server,
	"tool": tool,
	"args": {},
	"category": "Write",
	"history": _history(labels),
}

test_nothing_is_sent_after_a_secret_was_read if {
	_allowed("chat", "post_message", {})
	_allowed("chat", "post_message", {"other": 3})
	_denied("chat", "post_message", {"secrets": 1})
}

test_what_stays_inside_goes_on if {
	_allowed("chat", "list_channels", {"secrets": 9})
	_allowed("vault", "read_secret", {"secrets": 9})
}

test_a_tool_that_nobody_reviewed_might_send if _denied("chat", "post_file", {"secrets": 1})

test_a_call_without_history_is_the_first if {
	decision := regate.decision with input as object.remove(_call("chat", "post_message", {}), ["history"])
	decision.action == "allow"
}

test_other_requests_are_none_of_it if {
	call := {"server": "chat", "method": "tools/list", "params": {}, "history": _history({"secrets": 1})}
	decision := regate.decision with input as call
	decision.action == "allow"
}
