# METADATA
# title: Tests of known commands
package policy.servers.terminal_test

import data.regate

_decide(args) := decision if {
	decision := regate.decision with input as {
		"server": "terminal",
		"tool": "run_command",
		"category": "Execute",
		"severity": "low",
		"args": args,
	}
}

_refused(args) if {
	decision := _decide(args)
	decision.action == "deny"
	decision.reasons == ["Run git status, git diff, git show COMMIT, npm test or npm run lint, exactly so"]
}

test_commands_of_the_list if {
	every command in [
		"git status",
		"git diff",
		"npm test",
		"npm run lint",
		"git show 0a1b2c3",
		"git show 0123456789abcdef0123456789abcdef01234567",
	] {
		_decide({"command": command}).action == "allow"
	}
}

test_other_commands if {
	every command in [
		"rm -rf /",
		"git push",
		"git status; rm -rf /",
		"git status && rm -rf /",
		"git status | sh",
		"git status\nrm -rf /",
		"git status & rm -rf /",
		"git status > /etc/passwd",
		"git status $(rm -rf /)",
		"git status `rm -rf /`",
		"git  status",
		"git\tstatus",
		" git status",
		"git status ",
		"Git status",
		"g\u0456t status",
		"git\u00a0status",
		"git -c core.pager=sh status",
		"git status --porcelain",
		"GIT_PAGER=sh git diff",
		"env git status",
		"/tmp/git status",
		"./git status",
		"npm test -- --reporter=x",
		"npm run lint:fix",
		"npm",
		"",
	] {
		_refused({"command": command})
	}
}

test_what_is_no_commit if {
	_refused({"command": "git show"})
	_refused({"command": "git  show 0a1b2c3"})
	every commit in [
		"",
		"HEAD",
		"0a1b2c",
		"0123456789abcdef0123456789abcdef012345678",
		"0A1B2C3",
		"0a1b2c3:.env",
		"0a1b2c3\n",
		"--output=x",
		"0a1b2c3 --output=x",
		"0a1b2c3;sh",
		"\u0430\u0430\u0430\u0430\u0430\u0430\u0430",
	] {
		_refused({"command": $"git show {commit}"})
	}
}

test_what_is_no_command if {
	every args in [
		{},
		null,
		[],
		"git status",
		{"command": null},
		{"command": 7},
		{"command": ["git", "status"]},
		{"Command": "git status"},
		{"command": "git status", "cwd": "/"},
		{"command": "git status", "env": {"GIT_PAGER": "sh"}},
		{"command": "git status", "shell": "/tmp/sh"},
	] {
		_refused(args)
	}
}
