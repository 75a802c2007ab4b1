# METADATA
# title: Sequential thinking
# description: |
#   The tool keeps the model's own thoughts and reaches nothing; the limit ends a line of thought that never comes to
#   an end.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers["sequential-thinking"]

# METADATA
# title: A hundred thoughts in ten minutes
rules.sequentialthinking contains {
	"id": "hundred-thoughts",
	"action": "allow",
	"rate_limit": {"max": 100, "window": 600},
}
