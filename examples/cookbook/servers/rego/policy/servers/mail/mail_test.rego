# METADATA
# title: Tests of allowed recipients
package policy.servers.mail_test

import data.regate

_decide(args) := decision if {
	decision := regate.decision with input as {"server": "mail", "tool": "send_email", "category": "Write", "args": args}
}

_to(list) := {"to": list, "subject": "Hello", "body": "x"}

_reason := concat(" ", [
	"Mail goes to plain addresses at example.com or example.org:",
	"give to, cc and bcc as lists of them",
])

_refused(args) if {
	decision := _decide(args)
	decision.action == "deny"
	decision.reasons == [_reason]
}

test_mail_to_known_domains_costs_its_recipients if {
	one := _decide(_to(["ann@example.com"]))
	one.action == "allow"
	one.rate_limits[0].cost == 1
	one.redact == ["/body"]
	three := _decide(object.union(_to(["ann@example.com", "Bob.B+x@EXAMPLE.org"]), {"cc": [], "bcc": ["c@example.com"]}))
	three.action == "allow"
	three.rate_limits[0].cost == 3
}

test_other_domains if {
	every address in [
		"ann@example.net",
		"ann@sub.example.com",
		"ann@example.com.evil.test",
		"ann@evil-example.com",
		"ann@example.com.",
		"ann@ex\u0430mple.com",
		"ann@example\u3002com",
		"ann@\uff45xample.com",
		"ann@example.c\u043em",
		"ann@xn--exmple-4nf.com",
		"ann@example.com@evil.test",
		"ann%evil.test@example.com",
		"evil.test!ann@example.com",
		"\"ann@evil.test\"@example.com",
		"Ann <ann@evil.test>",
		"ann@evil.test <ann@example.com>",
		"ann@example.com, ann@evil.test",
		"ann@example.com;ann@evil.test",
		"ann@example.com\nBcc: ann@evil.test",
		"ann@example.com ",
		"-oQ/tmp@example.com",
		"-be@example.com",
		"@example.com",
		"ann",
		"",
		"ann@[192.0.2.1]",
	] {
		_refused(_to([address]))
		_refused(_to(["ann@example.com", address]))
	}
}

test_each_field_counts if {
	every field in ["cc", "bcc"] {
		_refused(object.union(_to(["ann@example.com"]), {field: ["ann@evil.test"]}))
		every value in ["ann@evil.test", "ann@example.com", {"a": "ann@evil.test"}, null, 7, [null], [["ann@example.com"]]] {
			_refused(object.union(_to(["ann@example.com"]), {field: value}))
		}
	}
	every field in ["Bcc", "reply_to", "recipients", "headers", "attachments"] {
		_refused(object.union(_to(["ann@example.com"]), {field: ["ann@example.com"]}))
	}
}

test_a_subject_is_one_line if {
	_refused({"to": ["ann@example.com"], "body": "x"})
	every subject in ["Hello\nBcc: ann@evil.test", "Hello\rBcc: ann@evil.test", 7, null, ["Hello"]] {
		_refused({"to": ["ann@example.com"], "subject": subject, "body": "x"})
	}
}

test_a_mail_to_nobody if {
	every args in [{}, null, [], _to([]), _to("ann@example.com"), _to({"a": "ann@example.com"}), {"subject": "Hello"}] {
		_refused(args)
	}
}
