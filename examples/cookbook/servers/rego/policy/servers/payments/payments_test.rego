# METADATA
# title: Tests of amounts and daily spend
package policy.servers.payments_test

import data.regate

_decide(args) := decision if {
	decision := regate.decision with input as {
		"server": "payments",
		"tool": "send_payment",
		"category": "Financial",
		"args": args,
	}
}

_euros(amount) := {"amount": amount, "currency": "EUR", "to": "acme"}

_costs(decision, cost) if {
	{limit.rule: limit.cost | some limit in decision.rate_limits} == {
		"policy.servers.payments/euros-of-an-agent": cost,
		"policy.servers.payments/euros-of-all": cost,
	}
}

_refused(args) if {
	decision := _decide(args)
	decision.action == "deny"
	decision.reasons == ["Give amount as a number above 0, currency as EUR, to, and nothing but a reference besides"]
	_costs(decision, 0)
}

test_a_small_payment_costs_what_it_pays if {
	_decide(object.union(_euros(5), {"reference": "invoice 7"})).action == "allow"
	every amount in [0.01, 1, 199.99, 200] {
		decision := _decide(_euros(amount))
		decision.action == "allow"
		_costs(decision, amount)
	}
}

test_a_large_one_waits_for_a_person_and_costs_as_well if {
	every amount in [200.01, 1000, 9007199254740993] {
		decision := _decide(_euros(amount))
		decision.action == "require_approval"
		decision.reasons == ["Payments of more than 200 euros are for a person to approve"]
		_costs(decision, amount)
	}
}

test_what_is_no_amount_is_not_small_either if {
	every amount in [null, true, "5"] {
		"policy.servers.payments/large-approved" in _decide(_euros(amount)).rules
	}
}

test_what_is_no_amount_is_not_paid if {
	every amount in [0, -1, -0.01, "5", "1e3", "", null, true, [5], {"value": 5}] { _refused(_euros(amount)) }
	every args in [{}, null, [], "5", {"currency": "EUR", "to": "acme"}, {"Amount": 5, "currency": "EUR", "to": "acme"}] {
		_refused(args)
	}
}

test_another_currency_is_not_paid if {
	_refused({"amount": 5, "to": "acme"})
	every currency in ["USD", "eur", "EUR ", "JPY", "", null, ["EUR"], 978] {
		_refused({"amount": 5, "currency": currency, "to": "acme"})
	}
}

test_nothing_multiplies_an_amount if {
	_refused({"amount": 5, "currency": "EUR"})
	_refused({"amount": 5, "currency": "EUR", "to": ["acme", "mallory"]})
	every more in [{"quantity": 100}, {"amount_minor": 500000}, {"payments": [_euros(9999)]}, {"AMOUNT": 9999}] {
		_refused(object.union(_euros(5), more))
	}
}
