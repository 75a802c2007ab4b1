# METADATA
# title: Tests of the rules for Git
package policy.servers.git_test

import data.policy.servers_test

_decide(tool, args) := servers_test.decide("git", tool, args)

_rule(id) := $"policy.servers.git/{id}"

test_named_files_are_staged if {
	every files in [["a.txt"], ["src/a.ts", "./b/.gitignore"], []] {
		_decide("git_add", {"repo_path": "/srv/app", "files": files}) == servers_test.written([_rule("staging-by-default")])
	}
}

test_secrets_and_patterns_are_not_staged if {
	every files in [
		["a.txt", ".env"],
		["deploy/id_rsa"],
		["."],
		["./"],
		[".."],
		[""],
		["*"],
		["src/*.ts"],
		["a?"],
		["[a-z]"],
		["\\.\\e\\n\\v"],
		["src/.."],
		["src/../deploy"],
		[":/"],
		[":(glob)**"],
		["a.txt", 7],
		"a.txt",
		null,
		7,
	] {
		_stages_nothing({"files": files})
	}
}

test_nothing_is_staged_by_a_call_that_names_nothing if {
	every args in [{}, {"Files": ["a.txt"]}, null] { _stages_nothing(args) }
}

test_topic_branches_are_checked_out if {
	every branch in ["topic", "Feature/a_b-1.2", "origin/topic", "mainline", "4f1c2a9"] {
		_decide("git_checkout", {"branch_name": branch}) == servers_test.written([_rule("checkout-by-default")])
	}
}

test_protected_branches_need_approval if {
	every branch in [
		"main",
		"MAIN",
		"master",
		"trunk",
		"production",
		"release/1.2",
		"stable",
		"refs/heads/main",
		"origin/main",
		"main~0",
		"main^0",
		"@{-1}",
		"-",
		"a b",
		"",
		"/",
		null,
		7,
		["topic"],
	] {
		_asks({"branch_name": branch})
	}
}

test_a_checkout_that_names_nothing_needs_approval if {
	every args in [{}, "topic", null] { _asks(args) }
}

test_commits_and_files_are_shown if {
	every revision in ["HEAD", "HEAD~3", "main:src/a.ts", "v1.0:"] {
		_decide("git_show", {"revision": revision}) == servers_test.read([_rule("show-by-default")])
	}
}

test_secrets_of_the_past_are_not_shown if {
	every args in [
		{"revision": "HEAD:.env"},
		{"revision": "v1.0:deploy/.ssh/config"},
		{"revision": ":0:id_rsa"},
		{"revision": null},
		{"revision": 7},
		{},
		null,
	] {
		_decide("git_show", args) == servers_test.refused(
			servers_test.read([_rule("show-by-default"), _rule("no-secrets-shown")]),
			"Keys and credentials that were committed once are not for agents",
		)
	}
}

test_every_other_tool_is_allowed if {
	servers_test.restricted("git", {}) == {"git_add", "git_checkout", "git_show"}
}

_stages_nothing(args) if {
	_decide("git_add", args) == servers_test.refused(
		servers_test.written([_rule("staging-by-default"), _rule("no-secrets-staged")]),
		"Name each file to stage, and none that holds keys or credentials",
	)
}

_asks(args) if {
	_decide("git_checkout", args) == servers_test.asked(
		servers_test.written([_rule("checkout-by-default"), _rule("protected-branch-approved")]),
		["The next commit would go to a protected branch"],
	)
}
