# METADATA
# title: Tests of the rules for the filesystem server
package policy.servers.filesystem_test

import data.regate
import data.regate_test

_decide(tool, args) := decision if {
	reviewed := data.catalogue.filesystem.tools[tool]
	decision := regate.decision with input as {
		"server": "filesystem",
		"tool": tool,
		"category": reviewed.category,
		"severity": reviewed.severity,
		"args": args,
	}
}

_ten_a_minute(rule) := {"rule": rule, "max": 10, "window": 60, "per": "session", "over": "tool", "cost": 1}

_reason := "Keys, credentials and git's own files are not for agents"

_reading := {
	"directory_tree",
	"get_file_info",
	"list_directory",
	"list_directory_with_sizes",
	"read_file",
	"read_media_file",
	"read_text_file",
	"search_files",
}

_by_path := _reading | {"write_file", "edit_file", "create_directory"}

test_reading_is_allowed if {
	expected := object.union(regate_test.allowed, {"rules": ["policy.defaults/read-allowed"]})
	_decide("read_multiple_files", {"paths": ["/srv/a.txt", "b.txt"]}) == expected
	_decide("read_multiple_files", {"paths": []}) == expected
	_decide("list_allowed_directories", {}) == expected
	_decide("list_allowed_directories", {"path": ".ssh"}) == expected
	every tool in _reading { _decide(tool, {"path": "/srv/notes/a.txt"}) == expected }
}

test_writing_is_limited_and_kept_out_of_the_log if {
	_decide("write_file", {"path": "a.txt", "content": ".git/config"}) == object.union(regate_test.allowed, {
		"rules": ["policy.servers.filesystem/write-limited"],
		"rate_limits": [_ten_a_minute("policy.servers.filesystem/write-limited")],
		"redact": ["/content"],
	})
}

test_editing_is_limited_and_kept_out_of_the_log if {
	_decide("edit_file", {"path": "a.txt", "edits": []}) == object.union(regate_test.allowed, {
		"rules": ["policy.defaults/write-limited", "policy.servers.filesystem/edit-by-default"],
		"rate_limits": [_ten_a_minute("policy.defaults/write-limited")],
		"redact": ["/edits"],
	})
}

test_moving_and_creating_are_limited if {
	expected := object.union(regate_test.allowed, {
		"rules": ["policy.defaults/write-limited"],
		"rate_limits": [_ten_a_minute("policy.defaults/write-limited")],
	})
	_decide("move_file", {"source": "a.txt", "destination": "b.txt"}) == expected
	_decide("create_directory", {"path": "a"}) == expected
}

test_a_secret_is_denied if {
	_decide("read_text_file", {"path": "/srv/.env"}) == object.union(regate_test.denied, {
		"reasons": [_reason],
		"rules": ["policy.defaults/read-allowed", "policy.servers.filesystem/no-secrets"],
	})
}

test_a_secret_is_denied_wherever_it_is_named if {
	every path in [
		".git/config",
		"/srv/.git",
		"/srv/.GIT/hooks/pre-commit",
		`C:\work\.ssh\id_ed25519`,
		"a/../.aws/credentials",
		".env.production",
		"~/.gnupg/private-keys-v1.d",
		".npmrc",
		".netrc",
		"/srv/keys/ID_RSA",
		"id_ecdsa",
	] {
		every tool in _by_path { _is_refused(tool, {"path": path}) }
		_is_refused("read_multiple_files", {"paths": ["a.txt", path]})
		_is_refused("move_file", {"source": path, "destination": "b.txt"})
		_is_refused("move_file", {"source": "a.txt", "destination": path})
	}
}

test_what_only_looks_like_a_secret_is_allowed if {
	every path in [".", "..", "./a", "git", "env", "my.env", "/srv/.github/workflows/ci.yml", "id_rsa.pub.txt"] {
		_decide("read_text_file", {"path": path}).action == "allow"
	}
}

test_a_path_that_is_missing_or_no_path_is_denied if {
	every args in [{}, {"path": null}, {"path": 7}, {"path": ["a.txt"]}, {"Path": "a.txt"}, null, [], "a.txt"] {
		every tool in _by_path { _is_refused(tool, args) }
	}
	every args in [
		{},
		{"paths": null},
		{"paths": {}},
		{"paths": "a.txt"},
		{"paths": ["a.txt", 7]},
		{"paths": 7},
		{"path": "a.txt"},
	] {
		_is_refused("read_multiple_files", args)
	}
	every args in [{}, {"source": "a.txt"}, {"destination": "a.txt"}, {"source": "a.txt", "destination": null}] {
		_is_refused("move_file", args)
	}
}

test_no_tool_is_hidden if {
	every tool in object.keys(data.catalogue.filesystem.tools) { _decide(tool, null).hidden == false }
}

_is_refused(tool, args) if {
	decision := _decide(tool, args)
	decision.action == "deny"
	decision.reasons == [_reason]
}
