# METADATA
# title: Tests of rights by group
package policy.servers.crm_test

import data.regate

_decide(tool, groups) := decision if {
	decision := regate.decision with input as {
		"server": "crm",
		"tool": tool,
		"category": "Read",
		"args": {"groups": ["sales", "support", "sales-leads"]},
		"principal": {"id": "ann", "groups": groups, "claims": {"groups": ["sales", "support", "sales-leads"]}},
	}
}

test_each_group_has_its_rights if {
	_decide("get_contact", ["support"]).action == "allow"
	_decide("get_contact", ["guests", "sales"]).action == "allow"
	_decide("update_contact", ["sales"]).rules == ["policy.servers.crm/sales-writes"]
	_decide("export_contacts", ["sales-leads"]).action == "require_approval"
}

test_others_have_none if {
	_decide("update_contact", ["support", "sales-leads"]).action == "deny"
	_decide("export_contacts", ["sales", "support"]).action == "deny"
	every tool in ["get_contact", "update_contact", "export_contacts"] {
		every groups in [[], ["guests"], ["Sales"], ["sales "], ["sales,support"], [["sales"]], "sales", null, {}] {
			decision := _decide(tool, groups)
			decision.action == "deny"
			decision.reasons == [$"Rules for {tool} exist, none permits this call"]
		}
	}
}

test_a_caller_without_groups_has_none if {
	decision := regate.decision with input as {"server": "crm", "tool": "get_contact", "category": "Read", "args": {}}
	decision.action == "deny"
}

# by default, whoever asks may read
test_what_is_not_named_is_for_nobody if {
	every tool in ["list_contacts", "Get_contact", "get_contact ", "*", ""] {
		_decide(tool, ["sales", "support", "sales-leads"]).action == "deny"
	}
}
