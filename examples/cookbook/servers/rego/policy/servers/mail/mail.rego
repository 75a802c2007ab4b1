# METADATA
# title: Allowed recipients
# description: |
#   Every address of `to`, `cc` and `bcc` is a plain one at a known domain: no names, no lists in one text, no
#   subdomains, no letters beyond ASCII, which mail programs read in more than one way. An argument that is not known
#   could be one more field for recipients.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.mail

# METADATA
# title: Fifty recipients an hour
# description: A mail costs as many tokens as it has recipients.
rules.send_email contains {
	"id": "fifty-an-hour",
	"action": "allow",
	"rate_limit": {"max": 50, "window": 3600, "per": "principal", "cost": _recipients},
	"redact": ["/body"],
}

# METADATA
# title: Only to known domains
rules.send_email contains {
	"id": "known-domains",
	"action": "deny",
	"reason": "Mail goes to plain addresses at example.com or example.org: give to, cc and bcc as lists of them",
} if not _stays_inside

default _recipients := 1

_recipients := count(_addresses) if count(_addresses) > 0

_addresses := array.flatten([object.get(input.args, field, []) | some field in ["to", "cc", "bcc"]])

_stays_inside if {
	object.keys(input.args) - {"to", "cc", "bcc", "subject", "body"} == set()
	count(input.args.to) > 0
	_is_one_line(input.args.subject)
	every field in ["to", "cc", "bcc"] { _is_known_list(object.get(input.args, field, [])) }
}

_is_known_list(list) if {
	is_array(list)
	every address in list { _is_known(address) }
}

_is_known(address) if {
	regex.match(`^[a-zA-Z0-9_][a-zA-Z0-9._+-]*@[a-zA-Z0-9.-]+$`, address)
	lower(split(address, "@")[1]) in {"example.com", "example.org"}
}

# a line break would end the subject, and begin a header
_is_one_line(text) if {
	is_string(text)
	not contains(text, "\n")
	not contains(text, "\r")
}
