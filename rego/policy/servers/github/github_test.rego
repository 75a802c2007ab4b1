# METADATA
# title: Tests of the rules for GitHub
package policy.servers.github_test

import data.policy.servers_test

_rule(id) := $"policy.servers.github/{id}"

_decide(tool, args) := servers_test.decide("github", tool, args)

_default := {"create_or_update_file": _rule("file-by-default"), "push_files": _rule("push-by-default")}

# The same commit by either tool.
_commits(branch, path) := {
	"create_or_update_file": {"branch": branch, "path": path, "content": "a"},
	"push_files": {"branch": branch, "files": [{"path": "README.md"}, {"path": path}]},
}

_on_branch := "Commit to a branch of your own, and open a pull request"

_no_secrets := "Files that hold keys and credentials are not committed"

test_a_branch_of_ones_own_is_committed_to if {
	every branch in ["Topic", "feature/a_b-1.2", "mainline", "dependabot/npm/main-2"] {
		every tool, args in _commits(branch, "src/github/a.ts") {
			_decide(tool, args) == servers_test.written([_default[tool]])
		}
	}
}

test_files_that_another_tool_would_push_do_not_count if {
	args := {"branch": "topic", "path": "a.ts", "files": [{"path": ".env"}]}
	_decide("create_or_update_file", args) == servers_test.written([_rule("file-by-default")])
}

test_protected_branches_are_not_committed_to if {
	every branch in [
		"main",
		"MASTER",
		"trunk",
		"production",
		"stable",
		"release/1.2",
		"refs/heads/main",
		"main ",
		"",
		null,
		7,
		["topic"],
	] {
		every tool, args in _commits(branch, "a.ts") {
			_decide(tool, args) == servers_test.refused(
				servers_test.written([_default[tool], _rule("protected-branches")]),
				_on_branch,
			)
		}
	}
}

test_secrets_are_not_published if {
	every path in [".env", "deploy/ID_RSA", "a/.aws/credentials", "tls.pem"] {
		every tool, args in _commits("topic", path) {
			_decide(tool, args) == servers_test.refused(
				servers_test.written([_default[tool], _rule("no-secrets-published")]),
				_no_secrets,
			)
		}
	}
}

test_workflows_need_approval if {
	every path in [".github/workflows/ci.yml", "./.GitHub/CODEOWNERS", ".github"] {
		every tool, args in _commits("topic", path) {
			_decide(tool, args) == servers_test.asked(
				servers_test.written([_default[tool], _rule("workflows-approved")]),
				["Workflows run with the repository's secrets"],
			)
		}
	}
}

test_a_commit_whose_files_cannot_be_read_is_denied if {
	every path in [null, 7, ["a.ts"], {}] {
		every tool, args in _commits("topic", path) { _is_unread(tool, args) }
	}
	every files in [null, 7, "a.ts", ["a.ts"], [{"content": "a"}], [{"path": "a.ts"}, {}]] {
		_is_unread("push_files", {"branch": "topic", "files": files})
	}
	every tool in ["create_or_update_file", "push_files"] { _is_unread(tool, {"branch": "topic"}) }
}

test_a_commit_without_anything_is_denied if {
	every args in [{}, null, []] {
		every tool in ["create_or_update_file", "push_files"] { _decide(tool, args).action == "deny" }
	}
}

test_a_merge_needs_approval if {
	_decide("merge_pull_request", {"pull_number": 7}) == servers_test.asked(
		servers_test.allowed([_rule("merge-approved")]),
		["A merge changes the base branch, and may deploy it"],
	)
}

test_an_agent_comments_and_requests_changes if {
	every event in ["COMMENT", "REQUEST_CHANGES"] {
		_decide("create_pull_request_review", {"event": event}) == _spoken([_rule("review-by-default")])
	}
}

test_an_agent_does_not_approve if {
	every args in [{"event": "APPROVE"}, {"event": "comment"}, {"event": null}, {"event": ["COMMENT"]}, {}, null] {
		_decide("create_pull_request_review", args) == servers_test.refused(
			_spoken([_rule("no-approvals"), _rule("review-by-default")]),
			"People approve pull requests; an agent comments, or requests changes",
		)
	}
}

test_a_private_repository_is_created if {
	_decide("create_repository", {"name": "a", "private": true}) == servers_test.written([_rule("repository-by-default")])
}

test_a_public_repository_needs_approval if {
	every args in [{"private": false}, {"private": "true"}, {"private": 1}, {"private": null}, {"name": "a"}, {}, null] {
		_decide("create_repository", args) == servers_test.asked(
			servers_test.written([_rule("public-approved"), _rule("repository-by-default")]),
			["The repository would be public: say `private: true`, or have a person agree"],
		)
	}
}

test_words_for_people_are_limited_for_each_agent if {
	every tool in ["add_issue_comment", "create_issue", "create_pull_request"] { _decide(tool, {}) == _spoken([]) }
}

test_every_other_tool_is_allowed if {
	servers_test.restricted("github", {}) == {
		"create_or_update_file",
		"create_pull_request_review",
		"create_repository",
		"merge_pull_request",
		"push_files",
	}
}

_is_unread(tool, args) if {
	_decide(tool, args) == servers_test.refused(
		servers_test.written([_default[tool], _rule("no-secrets-published"), _rule("workflows-approved")]),
		_no_secrets,
	)
}

_spoken(rules) := object.union(decision, {"rate_limits": array.concat(decision.rate_limits, [servers_test.limit(
	_rule("ten-words-in-ten-minutes"),
	{"max": 10, "window": 600, "per": "principal"},
)])}) if {
	decision := servers_test.written(array.concat([_rule("ten-words-in-ten-minutes")], rules))
}
