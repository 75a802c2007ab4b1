# METADATA
# title: Tests of tenants apart
package policy.servers.tickets_test

import data.regate

_decide(args, claims) := decision if {
	decision := regate.decision with input as {
		"server": "tickets",
		"tool": "get_ticket",
		"category": "Read",
		"args": args,
		"principal": {"id": "corp:ann", "groups": [], "claims": claims},
	}
}

_refused(args, claims) if {
	decision := _decide(args, claims)
	decision.action == "deny"
	decision.reasons == ["Say tenant as it stands in your token, and id, text or status at most"]
}

_acme := {"tenant": "acme"}

test_its_own_tenant_is_open_as_the_defaults_say if {
	_decide({"tenant": "acme", "id": "7"}, _acme).rules == ["policy.defaults/read-allowed"]
}

test_other_tenants if {
	every tenant in [
		"other",
		"Acme",
		"acme ",
		"acme\u0000",
		"\u0430cme",
		"acme,other",
		"*",
		"%",
		"",
		null,
		7,
		true,
		["acme"],
		{},
	] {
		_refused({"tenant": tenant, "id": "7"}, _acme)
	}
	every args in [{}, null, [], {"id": "7"}, {"Tenant": "acme"}] { _refused(args, _acme) }
}

test_a_caller_without_a_tenant if {
	every claims in [
		{},
		{"tenant": null},
		{"tenant": ""},
		{"tenant": ["acme", "other"]},
		{"Tenant": "acme"},
		{"tenant": {}},
	] {
		every tenant in ["acme", "", null, ["acme", "other"], {}] {
			_refused({"tenant": tenant}, claims)
		}
	}
}

# equal, and still no name of a tenant
test_what_is_equal_and_no_text if {
	decision := regate.decision with input as {"server": "tickets", "tool": "get_ticket", "category": "Read", "args": {}}
	decision.action == "deny"
	every tenant in [null, "", 7, 0, false, [], {}, ["acme"]] { _refused({"tenant": tenant}, {"tenant": tenant}) }
}

test_arguments_that_could_name_another if {
	every name in ["filter", "tenants", "org", "query", "TENANT"] {
		_refused({"tenant": "acme", name: "other"}, _acme)
	}
}
