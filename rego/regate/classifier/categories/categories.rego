# METADATA
# title: Categories
# description: What the categories are, and which of two is the more dangerous.
# scope: package
package regate.classifier.categories

# METADATA
# title: By danger
# description: The least dangerous first.
by_danger := ["Read", "Write", "Execute", "Financial", "Destructive"]

# METADATA
# title: Risk
# description: The class that comes with a category.
risk := {"Read": "Low", "Write": "Medium", "Execute": "High", "Financial": "High", "Destructive": "Critical"}

# METADATA
# title: The most dangerous
# description: Of a set of categories; undefined for an empty one.
worst(categories) := by_danger[max({rank | some rank, category in by_danger; category in categories})]
