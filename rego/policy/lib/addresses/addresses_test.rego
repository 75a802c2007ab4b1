# METADATA
# title: Tests of what is a public address
package policy.lib.addresses_test

import data.policy.lib.addresses

test_public_names_and_numbers_are_public if {
	every url in [
		"https://example.com",
		"http://example.com/",
		"HTTPS://Example.COM:8443/a/b?q=http://localhost/#x",
		"https://a-b.example.co.uk./",
		"https://example.com?q=1",
		"https://example.com#top",
		"https://xn--bcher-kva.example/",
		"https://0x7f.example.com/",
		"https://1.2.3.4.example.com/",
		"http://8.8.8.8/",
		"http://8.8.8.8.:53/",
		"http://172.15.255.255",
		"http://172.32.0.0",
		"http://192.167.1.1",
		"http://223.255.255.255",
		"http://100.63.0.1",
		"https://notlocalhost.com/",
	] {
		addresses.is_public(url)
	}
}

test_internal_names_are_not_public if {
	every host in [
		"localhost",
		"LOCALHOST",
		"localhost.",
		"api.localhost",
		"printer.local",
		"metadata.google.internal",
		"metadata.google.internal.",
		"nas.lan",
		"router.home.arpa",
		"wiki.corp",
		"wiki.intranet",
		"localhost.localdomain",
		"localhost4.localdomain4",
		"localhost6.localdomain6",
		"kubernetes.default",
		"kubernetes.default.svc",
		"vault.secrets.svc.",
		"tv.home",
		"intranet",
		"a..b.com",
		".com",
		".",
		"",
	] {
		_is_refused(host)
	}
}

test_internal_numbers_are_not_public if {
	every host in [
		"0.0.0.0",
		"10.1.2.3",
		"100.64.0.1",
		"127.0.0.1",
		"127.255.255.254",
		"169.254.169.254",
		"169.254.169.254.",
		"168.63.129.16",
		"172.16.0.1",
		"172.31.255.255",
		"192.0.0.192",
		"192.168.1.1",
		"198.18.0.1",
		"224.0.0.1",
		"255.255.255.255",
	] {
		_is_refused(host)
	}
}

test_numbers_in_other_notations_are_not_public if {
	every host in [
		"2130706433",
		"0x7f000001",
		"0x7f.0.0.1",
		"0X7F.0.0.0X1",
		"0177.0.0.1",
		"010.8.8.8",
		"8.8.8.08",
		"127.1",
		"8.8.8",
		"8.8.8.8.8",
		"8.8.8.256",
		"8.8.8.0x8",
		"8.8.1e1.8",
		"[::1]",
		"[::ffff:169.254.169.254]",
		"::1",
	] {
		_is_refused(host)
	}
}

test_what_readers_of_addresses_take_differently_is_not_public if {
	every url in [
		"http://user@example.com/",
		"http://example.com@127.0.0.1/",
		"http://example.com:80@127.0.0.1/",
		"http://127.0.0.1\\@example.com/",
		"http://example.com/\\127.0.0.1/",
		"http:\\\\127.0.0.1/",
		"http:/127.0.0.1/",
		"http:/127.0.0.1/example.com/",
		"http:127.0.0.1",
		"http:///127.0.0.1/",
		"//127.0.0.1/",
		" http://example.com/",
		"http://exam\tple.com/",
		"http://exam\nple.com/",
		"http://%31%32%37.0.0.1/",
		"http://１２７.0.0.1/",
		"http://127。0。0。1/",
		"http://ⓛocalhost.com/",
		"http://\u212aelvin.com/",
		"http://example.com:80:80/",
		"http://exa mple.com/",
	] {
		not addresses.is_public(url)
	}
}

test_other_schemes_are_not_public if {
	every url in [
		"file:///etc/passwd",
		"ftp://example.com/",
		"javascript:alert(1)",
		"data:text/html,hello",
		"view-source:https://example.com/",
		"example.com",
		"https:",
		"https:/",
		"https://",
		"",
	] {
		not addresses.is_public(url)
	}
}

test_what_is_no_text_is_not_public if {
	every url in [null, true, 7, [], ["https://example.com"], {}, {"url": "https://example.com"}] {
		not addresses.is_public(url)
	}
}

_is_refused(host) if {
	every url in [$"http://{host}", $"https://{host}/", $"http://{host}:8080/a?b#c"] { not addresses.is_public(url) }
}
