# METADATA
# title: Addresses
# description: |
#   What a URL in a call points at, by its text alone. It resolves no names: a public name that leads to an internal
#   address is for the network around the server to stop.
# scope: package
package policy.lib.addresses

# METADATA
# title: A public address
# description: |
#   Holds for an http or https URL whose host is a name with a dot in it or an IPv4 address, neither of them internal.
#   Positive, because readers of URLs differ: whatever one of them might take for another host (credentials, a
#   backslash, an octal or hexadecimal number, an IPv6 address, letters beyond ASCII) is not public.
is_public(url) if {
	not contains(url, "\\")
	parts := split(url, "/")
	lower(parts[0]) in {"http:", "https:"}
	parts[1] == ""
	authority := split(split(parts[2], "?")[0], "#")[0]
	_is_plain(authority)
	host := trim_suffix(lower(split(authority, ":")[0]), ".")
	not _is_internal(host)
	_is_outside(split(host, "."), host)
}

_is_plain(authority) if {
	trim(authority, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") == ""
	count(split(authority, ":")) < 3
}

# `localhost.localdomain` is in /etc/hosts of many machines; `kubernetes.default` and `NAME.NAMESPACE.svc` are a
# cluster's own.
_is_internal(host) if {
	some suffix in [
		".corp",
		".default",
		".home",
		".home.arpa",
		".internal",
		".intranet",
		".lan",
		".local",
		".localdomain",
		".localdomain4",
		".localdomain6",
		".localhost",
		".svc",
	]
	endswith(host, suffix)
}

_is_outside(labels, _) if {
	count(labels) > 1
	not _is_number(labels[count(labels) - 1])
	every label in labels { label != "" }
}

_is_outside(labels, host) if {
	count(labels) == 4
	not _is_reserved(host)
	every label in labels {
		format_int(to_number(label), 10) == label
		to_number(label) < 256
	}
}

# What browsers take for the end of an IPv4 address, in whatever notation.
_is_number(label) if trim(label, "0123456789") == ""

_is_number(label) if startswith(label, "0x")

_is_reserved(address) if {
	some block in [
		"0.0.0.0/8",
		"10.0.0.0/8",
		"100.64.0.0/10",
		"127.0.0.0/8",
		"168.63.129.16/32", # the machine's host on Azure
		"169.254.0.0/16",
		"172.16.0.0/12",
		"192.0.0.0/24",
		"192.168.0.0/16",
		"198.18.0.0/15",
		"224.0.0.0/3",
	]
	net.cidr_contains(block, address)
}
