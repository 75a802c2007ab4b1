# METADATA
# title: Tests of known hosts
package policy.servers.web_test

import data.regate

_decide(args) := decision if {
	decision := regate.decision with input as {"server": "web", "tool": "fetch", "category": "Read", "args": args}
}

_refused(args) if {
	decision := _decide(args)
	decision.action == "deny"
	decision.reasons == ["Only https://docs.example.com/ and https://api.example.com/ are fetched"]
}

test_pages_of_known_hosts if {
	every url in [
		"https://docs.example.com",
		"https://docs.example.com/",
		"https://api.example.com/v1/items?q=a%20b&n=1#top",
		"https://api.example.com/https://evil.test/",
	] {
		_decide({"url": url, "max_length": 5000}).action == "allow"
	}
}

test_other_hosts if {
	every url in [
		"https://evil.test/",
		"https://example.com/",
		"https://docs.example.com.evil.test/",
		"https://evil-docs.example.com/",
		"https://evil.test/docs.example.com/",
		"https://evil.test/?https://docs.example.com/",
		"https://evil.test#docs.example.com/",
		"https://docs.example.com?@evil.test/",
		"https://docs.example.com#@evil.test/",
		"https://docs.example.com@evil.test/",
		"https://docs.example.com:x@evil.test/",
		"https://user@docs.example.com/",
		"https://docs.example.com:8443/",
		"https://docs.example.com:443/",
		"https://docs.example.com./",
		"https://DOCS.example.com/",
		`https://evil.test\@docs.example.com/`,
		`https:\\docs.example.com/`,
		`https://docs.example.com\.evil.test/`,
		"https://docs.ex\u0430mple.com/",
		"https://docs\u3002example.com/",
		"https://docs.example.com\uff0fevil.test/",
		"https://xn--docs-.example.com/",
		"https://%64ocs.example.com/",
		"https://127.0.0.1/",
		"https://2130706433/",
		"https://0x7f000001/",
		"https://[::1]/",
		"https://169.254.169.254/latest/meta-data/",
		"https://localhost/",
	] {
		_refused({"url": url})
	}
}

test_other_schemes_and_forms if {
	every url in [
		"http://docs.example.com/",
		"HTTPS://docs.example.com/",
		"file:///etc/passwd",
		"file://docs.example.com/etc/passwd",
		"ftp://docs.example.com/",
		"data:text/html,https://docs.example.com/",
		"javascript://docs.example.com/%0aalert(1)",
		"gopher://docs.example.com/",
		"//docs.example.com/",
		"https:/docs.example.com/",
		"https:docs.example.com/",
		"https:///docs.example.com/",
		" https://docs.example.com/",
		"https://docs.example.com/\n",
		"https://docs.example.com/ https://evil.test/",
		"https://docs.\texample.com/",
		"docs.example.com",
		"",
	] {
		_refused({"url": url})
	}
}

test_long_addresses_carry_data_out if {
	_decide({"url": $"https://docs.example.com/{_letters(975)}"}).action == "allow"
	_refused({"url": $"https://docs.example.com/{_letters(976)}"})
}

_letters(length) := concat("", [letter | some _ in numbers.range(1, length); letter := "a"])

test_what_is_no_url if {
	every args in [
		{},
		null,
		[],
		{"url": null},
		{"url": 7},
		{"url": ["https://docs.example.com/"]},
		{"URL": "https://docs.example.com/"},
		{"url": "https://docs.example.com/", "proxy": "https://evil.test/"},
		{"url": "https://docs.example.com/", "headers": {"Host": "evil.test"}},
	] {
		_refused(args)
	}
}
