# METADATA
# title: Tests of a working set
package policy.servers.source_test

import data.regate

_decide(tool, args) := decision if {
	decision := regate.decision with input as {"server": "source", "tool": tool, "category": "Read", "args": args}
}

_refused(tool, args) if {
	decision := _decide(tool, args)
	decision.action == "deny"
	decision.reasons == ["Agents work on repositories of acme whose names begin with sandbox-"]
}

test_the_working_set_is_open_as_the_defaults_say if {
	_decide("get_file", {"owner": "acme", "repo": "sandbox-1", "path": "../x"}).rules == ["policy.defaults/read-allowed"]
	_decide("get_me", {}).action == "allow"
}

test_other_repositories if {
	every repo in [
		"app",
		"sandbox",
		"Sandbox-1",
		"my-sandbox-1",
		"sandbox-1/../app",
		"sandbox-1/app",
		"sandbox-..",
		"sandbox-1.git",
		"sandbox-1#app",
		"sandbox-1?x=app",
		"sandbox-1%2f..%2fapp",
		"sandbox-\u0430",
		"s\u0430ndbox-1",
		"sandbox-1 app",
		"",
		null,
		7,
		["sandbox-1", "app"],
		{"name": "sandbox-1"},
	] {
		_refused("get_file", {"owner": "acme", "repo": repo})
	}
}

test_other_owners if {
	every owner in ["ACME", "acme ", "acme/x", "other", "\u0430cme", "", null, ["acme"]] {
		_refused("get_file", {"owner": owner, "repo": "sandbox-1"})
	}
}

test_another_name_for_a_repository if {
	every name in ["url", "repository", "repo_id", "query"] {
		_refused("get_file", {"owner": "acme", "repo": "sandbox-1", name: "acme/app"})
	}
}

test_calls_that_name_none if {
	every args in [{}, null, [], {"owner": "acme"}, {"repo": "sandbox-1"}, {"q": "repo:acme/app password"}] {
		_refused("search_code", args)
	}
}
