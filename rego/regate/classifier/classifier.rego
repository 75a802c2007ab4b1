# METADATA
# title: What a tool is
# description: |
#   Puts together what the packages below say of one definition. Always defined: what can't be read is as dangerous
#   as can be. It judges nothing itself: the category is for `verdict`.
# scope: package
package regate.classifier

import data.regate.classifier.categories
import data.regate.classifier.definition
import data.regate.classifier.rationale
import data.regate.classifier.signals
import data.regate.classifier.verdict

# METADATA
# title: Classification
classification := {
	"category": verdict.category,
	"risk": categories.risk[verdict.category],
	"severity": signals.severity,
	"signals": sort(signals.found),
	"required": definition.required,
	"rationale": rationale.text,
}
