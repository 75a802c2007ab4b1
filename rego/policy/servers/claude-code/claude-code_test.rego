# METADATA
# title: Tests of the rules for Claude Code's own tools
package policy.servers["claude-code_test"]

import data.policy.servers_test

_rule(id) := $`policy.servers["claude-code"]/{id}`

_decide(tool, args) := servers_test.decide("claude-code", tool, args)

_limited(tokens, id, redact, rules) := object.union(
	servers_test.allowed(array.concat([_rule(id)], rules)),
	{
		"rate_limits": [servers_test.limit(_rule(id), {"max": tokens, "window": 60})],
		"redact": redact,
	},
)

_written(rules) := _limited(60, "sixty-files-a-minute", ["/content"], rules)

_run(rules) := _limited(60, "sixty-commands-a-minute", [], rules)

_write(file) := _decide("Write", {"file_path": file, "content": "a", "hook": {"project": "/srv/app", "file": file}})

_bash(command) := _decide("Bash", {"command": command, "hook": {"project": "/srv/app", "cwd": "/srv/app"}})

_no_secrets := "Keys, credentials and git's own files are not for agents"

_only_inside := "Only files of the project are written"

_own_rules := "This file says what the agent may do: a person decides on changes"

_destruction := "This command deletes, takes rights, ends processes or can't be undone"

_secrets := "This command names keys, credentials or git's own files"

_own_rules_named := "This command names files that say what the agent may do"

_at(file) := {"hook": {"project": "/srv/app", "cwd": "/srv/app", "file": file}}

test_files_of_the_project_are_written_within_limits if {
	_write("/srv/app/src/a.ts") == _written([])
	_decide("Edit", _at("/srv/app/a")) == _limited(60, "sixty-edits-a-minute", ["/new_string", "/old_string"], [])
	_decide("MultiEdit", _at("/srv/app/a")) == _limited(60, "sixty-multiple-edits-a-minute", ["/edits"], [])
	_decide("NotebookEdit", _at("/srv/app/a.ipynb")) == _limited(60, "sixty-cells-a-minute", ["/new_source"], [])
}

test_nothing_outside_the_project_is_written if {
	every file in ["/srv/application/a", "/srv/app", "/etc/hosts", "/srv/app2/a", ""] {
		_write(file) == servers_test.refused(_written([_rule("inside-the-project")]), _only_inside)
	}
}

test_a_write_that_names_no_file_is_denied if {
	rules := [_rule("inside-the-project"), _rule("no-secrets"), _rule("own-rules-approved")]
	expected := object.union(
		servers_test.refused(_written(rules), _no_secrets),
		{"reasons": [_no_secrets, _only_inside]},
	)
	every args in [{}, {"file_path": "/srv/app/a"}, {"hook": {"project": "/srv/app"}}, _at(null), _at(7), null] {
		_decide("Write", args) == expected
	}
}

test_a_write_outside_any_project_is_denied if {
	_decide("Write", {"hook": {"file": "/srv/app/a"}}) == servers_test.refused(
		_written([_rule("inside-the-project")]),
		_only_inside,
	)
}

test_secrets_are_neither_read_nor_written if {
	every file in ["/srv/app/.env", "/srv/app/.git/hooks/pre-commit", "/srv/app/deploy/key.pem"] {
		_write(file) == servers_test.refused(_written([_rule("no-secrets")]), _no_secrets)
		every tool in ["Read", "Glob", "Grep"] {
			_decide(tool, _at(file)) == servers_test.refused(servers_test.read([_rule("no-secrets")]), _no_secrets)
		}
	}
}

test_other_files_are_read_and_searched if {
	_decide("Read", _at("/usr/include/stdio.h")) == servers_test.read([])
	every tool in ["Glob", "Grep"] {
		_decide(tool, _at("/srv/app/src")) == servers_test.read([])
		_decide(tool, {"pattern": "a", "hook": {"project": "/srv/app", "cwd": "/srv/app"}}) == servers_test.read([])
	}
}

test_reading_and_searching_what_nobody_looked_up_is_denied if {
	expected := servers_test.refused(servers_test.read([_rule("no-secrets")]), _no_secrets)
	_decide("Read", {"file_path": "/srv/app/a"}) == expected
	_decide("Grep", {"path": "/srv/app/.env"}) == expected
}

test_what_holds_the_agent_is_a_persons_decision if {
	every file in [
		"/srv/app/.claude/settings.json",
		"/srv/app/.Claude/settings.local.json",
		"/srv/app/.claude/hooks/judge.sh",
		"/srv/app/.mcp.json",
		"/srv/app/regate.yaml",
		"/srv/app/.regate/gate.json",
	] {
		_write(file) == servers_test.asked(_written([_rule("own-rules-approved")]), [_own_rules])
	}
}

test_other_files_of_claude_code_are_written_as_any if _write("/srv/app/.claude/commands/release.md") == _written([])

test_plain_commands_run_within_limits if {
	every command in ["npm test", "git commit -m 'a'", "ls -la", "cat src/a.ts | wc -l"] { _bash(command) == _run([]) }
}

test_destruction_is_a_persons_decision if {
	every command in ["rm -rf build", "git push --force", "kubectl delete pod a"] {
		_bash(command) == servers_test.asked(_run([_rule("destruction-approved")]), [_destruction])
	}
}

test_commands_that_name_secrets_are_a_persons_decision if {
	every command in ["cat ~/.ssh/config", "cp .env.example .env", "git --git-dir=.git log"] {
		_bash(command) == servers_test.asked(_run([_rule("secrets-approved")]), [_secrets])
	}
}

test_commands_that_name_what_holds_the_agent_are_a_persons_decision if {
	every command in ["sed -i s/a/b/ .claude/settings.json", "cat regate.yaml", "ls .regate"] {
		_bash(command) == servers_test.asked(_run([_rule("own-rules-named")]), [_own_rules_named])
	}
}

test_what_is_no_command_needs_a_person if {
	rules := [_rule("destruction-approved"), _rule("own-rules-named"), _rule("secrets-approved")]
	expected := servers_test.asked(_run(rules), [_destruction, _own_rules_named, _secrets])
	every args in [{}, {"command": null}, {"command": ["ls"]}, null] { _decide("Bash", args) == expected }
}

test_leaving_the_sandbox_needs_a_person if {
	_decide("Bash", {"command": "ls", "dangerouslyDisableSandbox": true}) == servers_test.asked(
		_run([_rule("unsandboxed-approved")]),
		["This command would run outside the sandbox"],
	)
	_decide("Bash", {"command": "ls", "dangerouslyDisableSandbox": false}) == _run([])
}

test_public_pages_are_fetched if {
	fetched := _limited(30, "thirty-pages-a-minute", [], [])
	_decide("WebFetch", {"url": "https://example.com/a", "prompt": "b"}) == fetched
	every args in [{"url": "http://169.254.169.254/"}, {"url": "http://localhost"}, {"url": 7}, {}, null] {
		_decide("WebFetch", args) == servers_test.refused(
			_limited(30, "thirty-pages-a-minute", [], [_rule("no-internal-addresses")]),
			"Only public http and https addresses are fetched",
		)
	}
}

test_work_that_would_be_lost_is_a_persons_decision if {
	_decide("ExitWorktree", {"action": "keep"}) == servers_test.written([_rule("leaving-by-default")])
	_decide("ExitWorktree", {"action": "remove", "discard_changes": true}) == servers_test.asked(
		servers_test.written([_rule("leaving-by-default"), _rule("discarding-approved")]),
		["Changes that were not committed would be lost"],
	)
}

test_tools_that_run_elsewhere_or_unseen_need_a_person if {
	servers_test.restricted("claude-code", {"command": "ls", "url": "https://example.com", "hook": {
		"project": "/srv/app",
		"cwd": "/srv/app",
		"file": "/srv/app/a",
	}}) == {"Monitor", "PowerShell", "RemoteTrigger"}
}
