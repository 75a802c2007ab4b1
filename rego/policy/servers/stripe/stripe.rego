# METADATA
# title: Stripe
# description: |
#   Agents look up and prepare; money that moves, or is owed, is a person's decision by default. Small refunds are the
#   exception, within what one agent may pay back in a day.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.stripe

# METADATA
# title: Refunds of 20,000 cents a day
# description: |
#   Cents are what Stripe counts in, whichever the currency. A small refund costs what it pays back, for each agent and
#   over all its sessions; a larger one costs nothing here, because a person decides on it.
rules.create_refund contains {
	"id": "refunds-within-limits",
	"action": "allow",
	"rate_limit": {"max": 20000, "window": 86400, "per": "principal", "cost": _refunded},
}

# METADATA
# title: Larger refunds are a person's decision
# description: An amount that is missing pays back everything; one that is no amount counts as large.
rules.create_refund contains {
	"id": "large-refund-approved",
	"action": "require_approval",
	"reason": "Refunds of more than 5,000 cents, and of everything that was paid, are for a person to approve",
} if not _is_small

# METADATA
# title: Cancelling is a person's decision
rules.cancel_subscription contains {
	"id": "cancel-approved",
	"action": "require_approval",
	"reason": "A cancelled subscription can't be resumed",
}

# METADATA
# title: Five finalized invoices an hour
# description: On top of the approval that the defaults ask for, so that a tired person does not wave a series through.
rules.finalize_invoice contains {
	"id": "invoices-by-default",
	"action": "inherit",
	"rate_limit": {"max": 5, "window": 3600, "per": "principal"},
}

# METADATA
# title: Coupons follow the defaults
rules.create_coupon contains {
	"id": "coupons-by-default",
	"action": "inherit",
}

# METADATA
# title: Nothing is given away
# description: |
#   A coupon takes at most half off, once or for some months. One whose amount or share can't be read is denied, and so
#   is one for ever.
rules.create_coupon contains {
	"id": "no-free-rides",
	"action": "deny",
	"reason": "A coupon takes at most 50 percent or 10,000 cents off, and not for ever",
} if not _is_modest

# METADATA
# title: Payment links follow the defaults
rules.create_payment_link contains {
	"id": "links-by-default",
	"action": "inherit",
}

# METADATA
# title: A payment ends where Stripe ends it
# description: A page of the caller's own after a payment is where a customer is asked for more.
# scope: rule
# schemas:
#   - input.args: schema.tools.stripe.create_payment_link
rules.create_payment_link contains {
	"id": "no-redirects",
	"action": "deny",
	"reason": "Leave redirect_url out: customers are not led to other sites",
} if input.args.redirect_url

# METADATA
# title: Lists of customers are limited
rules.list_customers contains {
	"id": "customers-within-limits",
	"action": "allow",
	"rate_limit": {"max": 20, "window": 600, "per": "principal"},
}

default _refunded := 0

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.stripe.create_refund
_refunded := input.args.amount if _is_small

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.stripe.create_refund
_is_small if {
	is_number(input.args.amount)
	input.args.amount > 0
	input.args.amount <= 5000
}

_is_modest if {
	_ends
	_takes_little_off
}

# once, where the call does not say
_ends if not _gives("duration")

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.stripe.create_coupon
_ends if input.args.duration in {"once", "repeating"}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.stripe.create_coupon
_takes_little_off if {
	is_number(input.args.percent_off)
	input.args.percent_off <= 50
	input.args.amount_off == 0
}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.stripe.create_coupon
_takes_little_off if {
	not _gives("percent_off")
	is_number(input.args.amount_off)
	input.args.amount_off <= 10000
}

_gives(name) if name in object.keys(input.args)
