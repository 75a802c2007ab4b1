# METADATA
# title: Tests of folders
package policy.servers.files_test

import data.regate

_decide(tool, args) := decision if {
	decision := regate.decision with input as {"server": "files", "tool": tool, "category": "Read", "args": args}
}

_reason := "Files are read below /srv/project/ and written below /srv/project/out/, by plain paths"

_reads(path) if _decide("read_text_file", {"path": path}).action == "allow"

_is_refused(tool, args) if {
	decision := _decide(tool, args)
	decision.action == "deny"
	decision.reasons == [_reason]
}

test_files_in_the_folders_are_open if {
	decision := _decide("write_file", {"path": "/srv/project/out/a.txt", "content": ".."})
	decision.action == "allow"
	decision.redact == ["/content"]
	_decide("move_file", {"source": "/srv/project/out/a", "destination": "/srv/project/out/b"}).action == "allow"
	every path in [
		"/srv/project/a.txt",
		"/srv/project/src/main.c",
		"/srv/project/.github/ci.yml",
		"/srv/project/out/a-b_c",
	] {
		_reads(path)
	}
}

test_other_paths_are_closed if {
	_is_refused("write_file", {"path": "/srv/project/a.txt", "content": ""})
	every path in [
		"/etc/passwd",
		"/srv/project",
		"/srv/project/",
		"/srv/project-secrets/a",
		"/srv/projects/a",
		"/SRV/project/a",
		"srv/project/a",
		"./srv/project/a",
		"~/a",
		"",
		"file:///srv/project/a",
		"//srv/project/a",
		" /srv/project/a",
	] {
		_is_refused("read_text_file", {"path": path})
	}
}

test_a_path_that_leads_out_again_is_closed if {
	every path in [
		"/srv/project/../../etc/passwd",
		"/srv/project/..",
		"/srv/project/./a",
		"/srv/project//a",
		"/srv/project/a/",
		"/srv/project/a/../../../etc/passwd",
		"/srv/project/out/.../a",
		"/srv/project/%2e%2e/%2e%2e/etc/passwd",
		"/srv/project/%252e%252e/a",
		`/srv/project/..\..\etc`,
		`/srv/project/a\..\b`,
		"/srv/project/..\u2215..\u2215etc",
		"/srv/project/\uff0e\uff0e/etc",
		"/srv/project/\u2024\u2024/etc",
		"/srv/project/a\u0000.txt",
		"/srv/project/a\n/etc",
		"/srv/project/.. /a",
		"/srv/project/a.txt::$DATA",
		"/srv/project/*",
		"/srv/project/$HOME/a",
		"/srv/project/~root/a",
		"/srv/project/e\u0301",
	] {
		_is_refused("read_text_file", {"path": path})
	}
}

test_both_ends_of_a_move_count if {
	inside := "/srv/project/out/a"
	every args in [
		{"source": inside, "destination": "/etc/cron.d/a"},
		{"source": "/etc/shadow", "destination": inside},
		{"source": inside},
		{"destination": inside},
		{"source": inside, "destination": null},
		{"source": [inside], "destination": inside},
		{},
	] {
		_is_refused("move_file", args)
	}
}

test_what_is_no_path_is_closed if {
	every args in [
		{},
		null,
		[],
		"/srv/project/a",
		{"path": null},
		{"path": 7},
		{"path": ["/srv/project/a"]},
		{"Path": "/srv/project/a"},
	] {
		_is_refused("read_text_file", args)
		_is_refused("write_file", args)
	}
}

test_other_tools_are_closed if {
	every tool in ["read_multiple_files", "directory_tree", "READ_TEXT_FILE", ""] {
		_is_refused(tool, {
			"path": "/srv/project/out/a",
			"paths": ["/etc/passwd"],
			"source": "/srv/project/out/a",
			"destination": "/srv/project/out/b",
		})
	}
}

test_what_a_denied_call_would_have_written_is_masked if {
	_decide("write_file", {"path": "/etc/passwd", "content": "secret"}).redact == ["/content"]
}
