# METADATA
# title: Tests of the rules for Stripe
package policy.servers.stripe_test

import data.policy.servers_test

_rule(id) := $"policy.servers.stripe/{id}"

_decide(tool, args) := servers_test.decide("stripe", tool, args)

_refunded(cost, rules) := object.union(
	servers_test.allowed(array.concat([_rule("refunds-within-limits")], rules)),
	{"rate_limits": [servers_test.limit(_rule("refunds-within-limits"), {
		"max": 20000,
		"window": 86400,
		"per": "principal",
		"cost": cost,
	})]},
)

test_a_small_refund_costs_what_it_pays_back if {
	every amount in [1, 0.5, 4999, 5000] {
		_decide("create_refund", {"payment_intent": "pi_1", "amount": amount}) == _refunded(amount, [])
	}
}

test_any_other_refund_needs_approval if {
	every args in [
		{"amount": 5001},
		{"amount": 9007199254740993},
		{"amount": 0},
		{"amount": -1},
		{"amount": "100"},
		{"amount": null},
		{"amount": [100]},
		{"payment_intent": "pi_1"},
		{},
		null,
	] {
		_decide("create_refund", args) == servers_test.asked(
			_refunded(0, [_rule("large-refund-approved")]),
			["Refunds of more than 5,000 cents, and of everything that was paid, are for a person to approve"],
		)
	}
}

test_cancelling_needs_approval if {
	_decide("cancel_subscription", {"subscription": "sub_1"}) == servers_test.asked(
		servers_test.allowed([_rule("cancel-approved")]),
		["A cancelled subscription can't be resumed"],
	)
}

test_finalizing_needs_approval_and_is_limited if {
	_decide("finalize_invoice", {"invoice": "in_1"}) == object.union(
		servers_test.paid([_rule("invoices-by-default")]),
		{"rate_limits": [servers_test.limit(_rule("invoices-by-default"), {
			"max": 5,
			"window": 3600,
			"per": "principal",
		})]},
	)
}

test_a_modest_coupon_needs_approval if {
	every args in [
		{"percent_off": 50, "amount_off": 0},
		{"percent_off": 10, "amount_off": 0, "duration": "once"},
		{"amount_off": 10000, "duration": "repeating", "duration_in_months": 3},
		{"amount_off": 200},
	] {
		_decide("create_coupon", args) == servers_test.paid([_rule("coupons-by-default")])
	}
}

test_nothing_is_given_away if {
	every args in [
		{"percent_off": 51, "amount_off": 0},
		{"percent_off": 100, "amount_off": 0},
		{"percent_off": "10", "amount_off": 0},
		{"percent_off": null, "amount_off": 200},
		{"percent_off": null, "amount_off": 0},
		{"amount_off": null},
		{"percent_off": 10, "amount_off": 10001},
		{"percent_off": 10},
		{"amount_off": 10001},
		{"amount_off": "200"},
		{"amount_off": 200, "duration": "forever"},
		{"amount_off": 200, "duration": null},
		{},
		null,
	] {
		_decide("create_coupon", args) == servers_test.refused(
			servers_test.paid([_rule("coupons-by-default"), _rule("no-free-rides")]),
			"A coupon takes at most 50 percent or 10,000 cents off, and not for ever",
		)
	}
}

test_a_payment_link_needs_approval if {
	every args in [{"price": "price_1", "quantity": 1}, {}, {"redirect_url": false}, null] {
		_decide("create_payment_link", args) == servers_test.paid([_rule("links-by-default")])
	}
}

test_a_payment_leads_nowhere_else if {
	every url in ["https://example.com", "", null, 7, []] {
		_decide("create_payment_link", {"redirect_url": url}) == servers_test.refused(
			servers_test.paid([_rule("links-by-default"), _rule("no-redirects")]),
			"Leave redirect_url out: customers are not led to other sites",
		)
	}
}

test_lists_of_customers_are_limited if {
	_decide("list_customers", {}) == object.union(
		servers_test.allowed([_rule("customers-within-limits")]),
		{"rate_limits": [servers_test.limit(_rule("customers-within-limits"), {
			"max": 20,
			"window": 600,
			"per": "principal",
		})]},
	)
}

test_other_money_needs_approval if {
	every tool in ["create_invoice", "create_invoice_item", "create_price", "update_dispute", "update_subscription"] {
		_decide(tool, {}) == servers_test.paid([])
	}
}

test_what_moves_no_money_is_allowed if {
	servers_test.restricted("stripe", {}) == {
		"cancel_subscription",
		"create_coupon",
		"create_invoice",
		"create_invoice_item",
		"create_payment_link",
		"create_price",
		"create_refund",
		"finalize_invoice",
		"update_dispute",
		"update_subscription",
	}
}
