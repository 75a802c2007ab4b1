# METADATA
# title: Tests of reading a definition
package regate.classifier.definition_test

import data.regate.classifier.definition

_whole := {
	"name": "make_thing",
	"title": "Make",
	"description": "Makes a thing",
	"inputSchema": {
		"type": "object",
		"properties": {"b": {"type": "string", "description": "The B"}, "a": {"type": "number"}, "any": true},
		"required": ["b", "a"],
	},
	"outputSchema": 7,
	"annotations": {"readOnlyHint": false, "title": "Make"},
	"_meta": {},
}

test_reads_every_part if {
	definition.name == "make_thing" with input as _whole
	definition.named_plainly with input as _whole
	definition.description == "Makes a thing" with input as _whole
	definition.required == ["a", "b"] with input as _whole
	definition.annotations == {"readOnlyHint": false} with input as _whole
	object.keys(definition.parameters) == {"a", "b"} with input as _whole
	definition.text == "make_thing\nMake\nMakes a thing\na \nb The B" with input as _whole
	definition.folded == "make_thing\nmake\nmakes a thing\na \nb the b" with input as _whole
	"thing" in definition.words with input as _whole
	not definition.malformed with input as _whole
	not definition.longer with input as _whole
	not definition.undescribed with input as _whole
}

test_a_title_stands_in_for_a_description if {
	every description in ["", " \n", null] {
		given := {"name": "a", "title": "Make", "description": description}
		definition.description == "Make" with input as given
		definition.undescribed with input as given
		not definition.malformed with input as given
	}
}

test_what_is_absent_is_empty if {
	definition.description == "" with input as {"name": "a"}
	definition.undescribed with input as {"name": "a"}
	definition.required == [] with input as {"name": "a"}
	definition.annotations == {} with input as {"name": "a"}
	definition.parameters == {} with input as {"name": "a"}
	not definition.malformed with input as {"name": "a"}
}

test_null_stands_for_absence if {
	given := {
		"name": "a",
		"title": null,
		"description": null,
		"annotations": null,
		"inputSchema": {"properties": null, "required": null},
	}
	not definition.malformed with input as given
	not definition.malformed with input as {"name": "a", "inputSchema": null, "annotations": {"readOnlyHint": null}}
}

test_what_is_no_definition_is_malformed_and_empty if {
	every given in ["make", 7, true, null, [], ["name"], {}, {"name": ""}, {"name": 7}, {"name": null}] {
		definition.malformed with input as given
		definition.name == "" with input as given
		definition.description == "" with input as given
		definition.required == [] with input as given
		definition.text == "\n\n" with input as given
	}
}

test_a_part_of_a_wrong_type_is_malformed_and_empty if {
	every part in [
		{"description": 7},
		{"description": ["Reads"]},
		{"title": {}},
		{"annotations": "readOnlyHint"},
		{"annotations": {"destructiveHint": "true"}},
		{"annotations": {"readOnlyHint": 1}},
		{"inputSchema": []},
		{"inputSchema": "object"},
		{"inputSchema": {"properties": []}},
		{"inputSchema": {"properties": {"a": "string"}}},
		{"inputSchema": {"required": "a"}},
		{"inputSchema": {"required": {"a": true}}},
		{"inputSchema": {"required": [7]}},
	] {
		given := object.union({"name": "a"}, part)
		definition.malformed with input as given
		definition.description == "" with input as given
		definition.required == [] with input as given
		definition.annotations == {} with input as given
		definition.parameters == {} with input as given
	}
}

test_of_long_parts_there_is_a_prefix if {
	every given in [
		{"name": _long(201)},
		{"name": "a", "description": _long(4001)},
		{"name": "a", "title": _long(4001)},
		{"name": "a", "inputSchema": {"properties": {"b": {"description": _long(301)}}}},
		{"name": "a", "inputSchema": {"properties": {$"p{i}": {} | some i in numbers.range(0, 200)}}},
		{"name": "a", "inputSchema": {"required": [$"p{i}" | some i in numbers.range(0, 200)]}},
		{"name": "a", "title": _long(4000), "description": _long(4000)},
	] {
		definition.longer with input as given
		count(definition.text) <= 8000 with input as given
		count(definition.parameters) <= 200 with input as given
		count(definition.required) <= 200 with input as given
		count(definition.name) <= 200 with input as given
		count(definition.description) <= 4000 with input as given
	}
}

test_too_many_parameters_are_not_read if {
	given := {"name": "a", "inputSchema": {"properties": {$"p{i}": {} | some i in numbers.range(0, 200)}}}
	definition.unread with input as given
	definition.parameters == {} with input as given
	not definition.unread with input as {"name": "a"}
}

test_what_a_parameter_holds_is_read_after_the_rest if {
	inner := {"properties": {"b": {"description": "The inner B"}, "c": {"description": "The C"}}}
	given := {"name": "a", "inputSchema": {"properties": {"b": {"description": "The B"}, "r": inner}}}
	object.keys(definition.parameters) == {"b", "c", "r"} with input as given
	definition.parameters.b.description == "The B" with input as given
	definition.inner == {"c"} with input as given
	definition.text == "a\n\n\nb The B\nr \nc The C" with input as given
}

test_too_many_inner_parameters_are_not_read if {
	inner := {"properties": {$"p{i}": {} | some i in numbers.range(1, 200)}}
	given := {"name": "a", "inputSchema": {"properties": {"r": inner}}}
	definition.unread with input as given
	definition.parameters == {} with input as given
}

test_too_many_forms_of_a_parameter_are_not_read if {
	forms := [{"properties": {"action": {"const": $"get_{i}"}}} | some i in numbers.range(0, 60)]
	definition.unread with input as {"name": "a", "inputSchema": {"oneOf": forms}}
	not definition.unread with input as {"name": "a", "inputSchema": {"oneOf": array.slice(forms, 0, 60)}}
}

test_at_its_bounds_a_part_is_whole if {
	every given in [
		{"name": _long(200)},
		{"name": "a", "description": _long(4000)},
		{"name": "a", "inputSchema": {"properties": {"b": {"description": _long(300)}}}},
		{"name": "a", "inputSchema": {"properties": {$"p{i}": {} | some i in numbers.range(1, 200)}}},
	] {
		not definition.longer with input as given
	}
}

test_names_of_other_characters_are_not_plain if {
	every name in ["a b", "löschen", "delete\u200b", "a'b", "删除", "a\nb"] {
		not definition.named_plainly with input as {"name": name}
	}
}

_long(length) := concat("", ["x" | some _ in numbers.range(1, length)])
