# METADATA
# title: Tests of the layers that speak
package regate.layers_test

import data.regate.layers

_allow := {{"id": "a", "action": "allow"}}

_deny := {{"id": "d", "action": "deny"}}

_inherit := {{"id": "i", "action": "inherit"}}

_policy := {
	"servers": {"s": {
		"rules": {"named": _deny, "empty": set(), "inheriting": (_inherit | _deny)},
		"methods": {"resources/read": _deny, "prompts/get": _inherit},
	}},
	"defaults": {
		"rules": {"Read": _allow, "Write": _allow},
		"methods": {"ping": _allow, "*": _allow},
	},
	"guardrails": {"rules": _deny},
}

_with_star(rules) := object.union(_policy, {"servers": {"s": {"rules": {"*": rules}, "methods": {"*": rules}}}})

_always := {"guardrails", "shipped_guardrails"}

_speaking(policy, call) := names if {
	names := object.keys(layers.speaking) with data.policy as policy with input as call
}

_tool(name) := {"server": "s", "tool": name, "category": "Write"}

_request(name) := {"server": "s", "method": name}

test_defaults_speak_for_a_tool_that_is_not_named if {
	_speaking(_policy, _tool("other")) == {"category"} | _always
	_speaking(_policy, {"server": "z", "tool": "named", "category": "Read"}) == {"category"} | _always
}

test_defaults_are_silent_on_a_named_tool if {
	_speaking(_policy, _tool("named")) == {"named"} | _always
}

test_defaults_are_silent_on_a_tool_with_an_empty_set if {
	_speaking(_policy, _tool("empty")) == {"named"} | _always
}

test_inherit_brings_the_defaults_back if {
	_speaking(_policy, _tool("inheriting")) == {"named", "category"} | _always
}

test_inherit_under_the_star_brings_the_defaults_back if {
	policy := _with_star(_inherit)
	_speaking(policy, _tool("named")) == {"named", "starred", "category"} | _always
}

test_allow_under_the_star_silences_the_defaults if {
	policy := _with_star(_allow)
	_speaking(policy, _tool("other")) == {"starred"} | _always
}

test_inherit_is_heard_over_an_allow_under_the_star if {
	policy := _with_star(_allow)
	_speaking(policy, _tool("inheriting")) == {"named", "starred", "category"} | _always
}

test_deny_under_the_star_leaves_the_defaults if {
	policy := _with_star(_deny)
	_speaking(policy, _tool("other")) == {"starred", "category"} | _always
	_speaking(policy, _tool("named")) == {"named", "starred"} | _always
}

test_a_category_without_defaults_is_silent if {
	_speaking(_policy, {"server": "z", "tool": "t"}) == _always
	every category in ["Destructive", "Nonsense", "*", null, 7, ["Read"]] {
		_speaking(_policy, {"server": "z", "tool": "t", "category": category}) == _always
	}
}

test_default_methods_speak_for_a_request_that_is_not_named if {
	_speaking(_policy, _request("ping")) == {"method", "every_method"} | _always
	_speaking(_policy, _request("tools/list")) == {"every_method"} | _always
}

test_default_methods_are_silent_on_a_named_method if {
	_speaking(_policy, _request("resources/read")) == {"named"} | _always
}

test_reading_requests_count_as_a_read if {
	call := {"server": "z", "method": "resources/read", "direction": "to_server"}
	_speaking(_policy, call) == {"category", "every_method"} | _always
	_speaking(_policy, object.union(call, {"method": "prompts/get"})) == {"category", "every_method"} | _always
	_speaking(_policy, object.union(call, {"direction": "from_server"})) == {"every_method"} | _always
}

test_inherit_brings_the_defaults_back_for_methods if {
	_speaking(_policy, _request("prompts/get")) == {"named", "category", "every_method"} | _always
}

test_a_reading_request_that_the_defaults_name_is_no_plain_read if {
	policy := object.union(_policy, {"defaults": {"methods": {"resources/read": _deny}}})
	_speaking(policy, {"server": "z", "method": "resources/read"}) == {"method", "every_method"} | _always
}

test_methods_under_the_star_are_heard if {
	_speaking(_with_star(_allow), _request("ping")) == {"starred"} | _always
	_speaking(_with_star(_deny), _request("ping")) == {"starred", "method", "every_method"} | _always
}

test_tool_rules_are_silent_on_methods_and_methods_on_tools if {
	_speaking(_policy, _request("named")) == {"every_method"} | _always
	_speaking(_policy, _tool("resources/read")) == {"category"} | _always
}

test_what_is_neither_kind_of_call_has_guardrails_only if {
	_speaking(_policy, object.union(_tool("other"), {"direction": "from_server"})) == _always
	_speaking(_policy, object.union(_tool("other"), {"direction": "sideways"})) == _always
	_speaking(_policy, object.union(_tool("other"), {"direction": null})) == _always
	_speaking(_policy, object.union(_tool("other"), {"method": "ping"})) == _always
	_speaking(_policy, object.union(_tool("other"), {"method": "resources/read"})) == _always
	_speaking(_policy, object.union(_request("ping"), {"direction": "sideways"})) == _always
	_speaking(_policy, object.union(_tool("other"), {"tool": ["other"]})) == _always
	_speaking(_policy, object.union(_tool("other"), {"server": null})) == _always
	_speaking(_policy, object.union(_request("ping"), {"server": ["s"]})) == _always
	_speaking(_policy, {"server": "s", "category": "Write"}) == _always
	_speaking(_policy, {"tool": "other", "category": "Write"}) == _always
	_speaking(_policy, {"method": "ping"}) == _always
	_speaking(_policy, {}) == _always
	_speaking(_policy, null) == _always
}

test_shipped_guardrails_are_all_that_speaks_without_a_policy if {
	_speaking({}, _tool("named")) == {"shipped_guardrails"}
	_speaking({}, _request("ping")) == {"shipped_guardrails"}
}

test_says_what_is_named if {
	layers.named == "named" with data.policy as _policy with input as _tool("named")
	layers.named == "named" with data.policy as _policy
		with input as {"server": "s", "tool": "named", "method": "tools/call"}
	layers.named == "empty" with data.policy as _policy with input as _tool("empty")
	layers.named == "resources/read" with data.policy as _policy with input as _request("resources/read")
	not layers.named with data.policy as _policy with input as _tool("other")
	not layers.named with data.policy as _policy with input as _request("ping")
}

test_packages_are_named_as_rego_prints_them if {
	_package("everything") == "policy.servers.everything"
	_package("_a1_B2") == "policy.servers._a1_B2"
	_package("awslabs.aws-iot") == `policy.servers["awslabs.aws-iot"]`
	_package("@scope/name") == `policy.servers["@scope/name"]`
	_package("a b") == `policy.servers["a b"]`
	_package("größe") == `policy.servers["größe"]`
	every digit in numbers.range(0, 9) { _package($"{digit}a") == $`policy.servers["{digit}a"]` }
}

_package(server) := name if {
	name := layers.speaking.named["package"] with input as {"server": server, "tool": "t"}
		with data.policy as {"servers": {server: {"rules": {"t": _allow}}}}
}

test_each_layer_says_where_it_comes_from if {
	speaking := layers.speaking with data.policy as _with_star(_deny) with input as _tool("inheriting")
	speaking.named == {"kind": "server", "package": "policy.servers.s", "rules": (_inherit | _deny)}
	speaking.starred == {"kind": "server", "package": "policy.servers.s", "rules": _deny}
	speaking.category == {"kind": "defaults", "package": "policy.defaults", "rules": _allow}
	speaking.guardrails == {"kind": "guardrails", "package": "policy.guardrails", "rules": _deny}
	speaking.shipped_guardrails == {"kind": "guardrails", "package": "regate.guardrails", "rules": set()}
}
