# METADATA
# title: The definition of a tool
# description: |
#   Reads the input of `regate/classify`, one tool as its server listed it: the only package that does. What is missing
#   or of a wrong type is empty here, and `malformed` says so. Of long texts it gives a prefix, so that the cost of a
#   classification has a bound. It must not judge anything.
# scope: package
package regate.classifier.definition

import data.regate.classifier.phrases

_name_chars := 200

_text_chars := 4000

_parameter_chars := 300

_parameters_read := 200

_alternatives_read := 60

_whole_chars := 8000

# METADATA
# title: Malformed
# scope: document
# description: True where the definition, or a part of it that is read here, is not what the protocol says it is.
default malformed := true

malformed := false if {
	is_object(input)
	_name != ""
	_is_map(_schema_part("properties"))
	_is_list(_schema_part("required"))
	every field in ["description", "title"] { _is_text(_field(field)) }
	every field in ["annotations", "inputSchema"] { _is_map(_field(field)) }
	every schema in _properties { _is_schema(schema) }
	every hint, value in _annotations { _is_hint(hint, value) }
	every parameter in _required { is_string(parameter) }
}

# METADATA
# title: The tool's name
name := substring(_name, 0, _name_chars)

# METADATA
# title: Named plainly
# scope: document
# description: True for letters and digits of ASCII, and what parts words in identifiers.
default named_plainly := false

named_plainly if regex.match(`^[A-Za-z0-9_.:/-]+$`, name)

# METADATA
# title: Foreign characters
# description: |
#   A pattern. Letters of Latin with their marks are none; those of other scripts, clicks (like an l) and a hyphen that
#   does not show are.
foreign := `[^\x00-\x7f\x{c0}-\x{d6}\x{d8}-\x{f6}\x{f8}-\x{17f}]`

# METADATA
# title: The name is not read
# scope: document
# description: True where a part of it is none of the words that are known here, in whatever language it is.
default name_unread := false

name_unread if regex.match(foreign, name)

name_unread if count(_name) > _name_chars

# METADATA
# title: What the tool says it does
# scope: document
# description: Its description, or its title where it has none.
description := _text("description") if not undescribed

else := _text("title")

# METADATA
# title: No description
# scope: document
default undescribed := false

undescribed if trim_space(_text("description")) == ""

# METADATA
# title: All that a model reads
# description: Name, title, description, and the names and descriptions of its parameters, each from its beginning.
text := substring($"{_whole_text}{_inner_text}", 0, _whole_chars)

# METADATA
# title: All that a model reads, in lower case
folded := lower(text)

# METADATA
# title: Words of all that a model reads
# description: In lower case.
words := phrases.words_of(folded)

# METADATA
# title: There is more
# scope: document
# description: True where a part is longer than what is read of it.
default longer := false

longer if unread

longer if count(_name) > _name_chars

longer if count(_whole_text) > _whole_chars

longer if {
	some field in ["title", "description"]
	count(_field(field)) > _text_chars
}

longer if {
	some schema in _read_properties
	count(schema.description) > _parameter_chars
}

# METADATA
# title: Unread parameters
# scope: document
# description: True where there are so many that none is read.
default unread := false

unread if count(_properties) > _parameters_read

unread if count(_outer) + count(_inner) > _parameters_read

unread if {
	some schemas in object.union(_outer, _inner)
	count(schemas) > _alternatives_read
}

unread if count(_required) > _parameters_read

# METADATA
# title: Parameters
# scope: document
# description: |
#   The schema of each by its name, and of what they hold, where no other has the name: a tool's only parameter may be
#   an object that has the others.
parameters[parameter] := _one_of(schemas) if {
	not unread
	some parameter, schemas in object.union(_inner, _outer)
}

# METADATA
# title: Inner parameters
# scope: document
# description: The names of those that another parameter holds.
inner contains parameter if some parameter in object.keys(_inner)

# METADATA
# title: Alternatives
# description: A schema itself, and what a value by it or an item of it may be instead, references followed; an array.
alternatives(schema) := array.flatten([some_of, items, inside]) if {
	some_of := array.concat([schema], _members(schema))
	items := [item | some part in some_of; item := _resolved(part.items)]
	inside := [member | some item in items; some member in _members(item)]
}

# METADATA
# title: Required parameters
# description: Sorted names, of those that are read.
required := sort({parameter |
	some parameter in array.slice(_required, 0, _parameters_read)
	is_string(parameter)
})

# METADATA
# title: Annotations
# description: Those that are booleans, by name.
annotations[hint] := value if {
	some hint, value in _annotations
	is_boolean(value)
}

default _definition := {}

_definition := input if is_object(input)

# null stands for absence: servers in loosely typed languages write it
_field(field) := object.get(_definition, field, null)

_schema_part(part) := object.get(_definition, ["inputSchema", part], null)

default _name := ""

_name := _field("name") if is_string(_field("name"))

_text(field) := substring(_field(field), 0, _text_chars) if is_string(_field(field))

else := ""

_whole_text := concat("\n", array.flatten([name, _text("title"), _text("description"), _parameter_texts]))

default _properties := {}

_properties := _schema_part("properties") if is_object(_schema_part("properties"))

_outer[parameter] contains schema if {
	root := _resolved(_field("inputSchema"))
	some part in array.concat([root], _members(root))
	some parameter in _names_in(part.properties)
	schema := _resolved(part.properties[parameter])
}

_inner[parameter] contains schema if {
	some outer_schemas in _outer
	some outer in outer_schemas
	some part in alternatives(outer)
	some parameter in _names_in(part.properties)
	not _outer[parameter]
	schema := _resolved(part.properties[parameter])
}

# One more than are read, so that it shows: which ones does not matter then.
_names_in(properties) := array.slice([name | some name, _ in properties], 0, _parameters_read + 1) if {
	is_object(properties)
}

_one_of(schemas) := [schema | some schema in schemas][0] if {
	count(schemas) == 1
} else := {"anyOf": sort([schema | some schema in schemas])}

_members(schema) := [member |
	some combination in ["allOf", "anyOf", "oneOf"]
	is_array(schema[combination])
	some given in array.slice(schema[combination], 0, _alternatives_read + 1)
	member := _resolved(given)
]

# Only where the schema itself has it; what stands beside a reference stays.
_resolved(schema) := object.union(target, object.remove(schema, {"$ref"})) if {
	some place in ["$defs", "definitions"]
	start := $"#/{place}/"
	startswith(schema["$ref"], start)
	target := _schema_part(place)[trim_prefix(schema["$ref"], start)]
	is_object(target)
} else := schema if is_object(schema)

_parameter_texts := sort([$"{parameter} {_parameter_text(schema)}" | some parameter, schema in _read_properties])

_inner_text := concat("", sort([$"\n{parameter} {_parameter_text(parameters[parameter])}" |
	some parameter in object.keys(parameters)
	not _read_properties[parameter]
]))

_read_properties[parameter] := schema if {
	not unread
	some parameter, schema in _properties
	is_object(schema)
}

_parameter_text(schema) := substring(schema.description, 0, _parameter_chars) if is_string(schema.description)

else := ""

default _required := []

_required := _schema_part("required") if is_array(_schema_part("required"))

default _annotations := {}

_annotations := _field("annotations") if is_object(_field("annotations"))

_is_text(value) if is_string(value)

_is_text(null)

_is_map(value) if is_object(value)

_is_map(null)

_is_list(value) if is_array(value)

_is_list(null)

# JSON Schema has true and false besides objects
_is_schema(value) if is_object(value)

_is_schema(value) if is_boolean(value)

_is_hint(hint, _) if not endswith(hint, "Hint")

_is_hint(_, value) if is_boolean(value)

_is_hint(_, null)
