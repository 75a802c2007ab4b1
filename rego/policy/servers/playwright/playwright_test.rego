# METADATA
# title: Tests of the rules for Playwright
package policy.servers.playwright_test

import data.policy.servers_test

_rule(id) := $"policy.servers.playwright/{id}"

_decide(tool, args) := servers_test.decide("playwright", tool, args)

_acted(rules) := object.union(
	servers_test.allowed(array.concat([_rule("sixty-actions-a-minute")], rules)),
	{"rate_limits": [servers_test.limit(_rule("sixty-actions-a-minute"), {
		"max": 60,
		"window": 60,
		"over": "category",
	})]},
)

_public := "Only public http and https addresses are opened"

_secrets := "Keys and credentials are handed to no web page"

_uploads := ["browser_drop", "browser_file_upload"]

test_acting_in_a_page_is_limited_over_all_tools if {
	every tool in [
		"browser_click",
		"browser_close",
		"browser_drag",
		"browser_emulate_media",
		"browser_handle_dialog",
		"browser_hover",
		"browser_navigate_back",
		"browser_press_key",
		"browser_resize",
		"browser_select_option",
	] {
		every args in [{"target": "e7"}, {}, null] { _decide(tool, args) == _acted([]) }
	}
}

test_what_is_typed_stays_out_of_the_log if {
	every tool in ["browser_fill_form", "browser_type"] {
		_decide(tool, {"text": "secret"}) == object.union(
			_acted([_rule("typing-not-logged")]),
			{"redact": ["/fields", "/text"]},
		)
	}
}

test_public_pages_are_opened if {
	_decide("browser_navigate", {"url": "https://example.com/a"}) == _acted([])
	_decide("browser_tabs", {"action": "new", "url": "https://example.com/a"}) == _acted([])
	every action in ["list", "new", "select", "close"] { _decide("browser_tabs", {"action": action}) == _acted([]) }
}

test_other_pages_are_not_opened if {
	every args in [
		{"action": "new", "url": "http://169.254.169.254/latest/"},
		{"action": "new", "url": "http://localhost:3000"},
		{"action": "new", "url": "file:///etc/passwd"},
		{"action": "new", "url": "chrome://settings"},
		{"action": "new", "url": "javascript:alert(1)"},
		{"action": "list", "url": null},
		{"action": "list", "url": ["https://example.com"]},
		{"action": null},
		{},
		null,
	] {
		every tool in ["browser_navigate", "browser_tabs"] {
			_decide(tool, args) == servers_test.refused(_acted([_rule("only-public-pages")]), _public)
		}
	}
}

test_a_page_needs_its_address if {
	_decide("browser_navigate", {"action": "list"}) == servers_test.refused(_acted([_rule("only-public-pages")]), _public)
}

test_code_in_the_server_is_denied_and_hidden if {
	_decide("browser_run_code_unsafe", {"code": "1"}) == object.union(
		servers_test.refused(
			servers_test.allowed([_rule("no-code-in-the-server")]),
			"This code would run in the server, outside of the browser",
		),
		{"hidden": true},
	)
}

test_code_in_a_page_needs_approval if {
	_decide("browser_evaluate", {"function": "() => 1"}) == servers_test.asked(
		servers_test.allowed([_rule("code-approved")]),
		["The code runs in the name of whoever is signed in on the page"],
	)
}

test_files_need_approval if {
	every tool in _uploads {
		every args in [{"paths": ["/srv/a.png"]}, {"paths": []}, {"data": {"text/plain": "a"}}, {}] {
			_decide(tool, args) == servers_test.asked(
				servers_test.severe([_rule("files-approved")]),
				[
					"Files of this machine would be handed to a web page",
					"What this tool can run is for a person to approve",
				],
			)
		}
	}
}

test_secrets_are_uploaded_nowhere if {
	every tool in _uploads {
		every args in [
			{"paths": ["/srv/a.png", "/home/a/.ssh/id_rsa"]},
			{"paths": ["/srv/.env"]},
			{"paths": "/srv/a.png"},
			{"paths": {}},
			{"paths": [7]},
			{"paths": null},
			null,
			"a",
		] {
			_decide(tool, args) == servers_test.refused(
				servers_test.severe([_rule("files-approved"), _rule("no-secrets-uploaded")]),
				_secrets,
			)
		}
	}
}

test_bodies_are_read if {
	every part in ["request-body", "response-body"] {
		_decide("browser_network_request", {"index": 1, "part": part}) == servers_test.read([_rule("bodies-by-default")])
	}
}

test_headers_need_approval if {
	every args in [
		{"part": "request-headers"},
		{"part": "response-headers"},
		{"part": null},
		{"part": ["response-body"]},
		{"index": 1},
		{},
		null,
	] {
		_decide("browser_network_request", args) == servers_test.asked(
			servers_test.read([_rule("bodies-by-default"), _rule("headers-approved")]),
			["The headers hold cookies and tokens: ask for a body, or have a person agree"],
		)
	}
}

test_a_named_file_needs_approval if {
	every tool in ["browser_snapshot", "browser_take_screenshot", "browser_find", "browser_console_messages"] {
		every name in ["a.png", "src/index.ts", "../a", null] {
			_decide(tool, {"filename": name}) == servers_test.asked(
				servers_test.read([_rule("named-file-approved")]),
				["The file would be written over what is there: leave filename out, or have a person agree"],
			)
		}
	}
}

test_looking_is_allowed if {
	every tool in ["browser_snapshot", "browser_take_screenshot", "browser_find", "browser_console_messages"] {
		_decide(tool, {}) == servers_test.read([])
	}
}

test_every_other_tool_is_allowed if {
	servers_test.restricted("playwright", {}) == {
		"browser_drop",
		"browser_evaluate",
		"browser_file_upload",
		"browser_navigate",
		"browser_network_request",
		"browser_run_code_unsafe",
		"browser_tabs",
	}
}
