# METADATA
# title: The definition of a tool
# description: |
#   Reads the input of `regate/classify`, one tool as its server listed it: the only package that does. What is missing
#   or of a wrong type is empty here, and `malformed` says so. It must not judge anything.
# scope: package
package regate.classifier.definition

# METADATA
# title: Malformed
# scope: document
# description: True where the definition, or a part that this library reads, is not what the protocol says it is.
default malformed := true

malformed := false if {
	is_object(input)
	is_string(object.get(input, "name", null))
	is_string(object.get(input, "description", ""))
	is_object(object.get(input, "annotations", {}))
	is_object(object.get(input, "inputSchema", {}))
}

# METADATA
# title: The tool's name
# scope: document
default name := ""

name := given if {
	given := object.get(input, "name", "")
	is_string(given)
}

# METADATA
# title: What the tool says it does
# scope: document
default description := ""

description := given if {
	given := object.get(input, "description", "")
	is_string(given)
}

# METADATA
# title: Required parameters
# scope: document
# description: Sorted names.
default required := []

required := sort({parameter |
	some parameter in object.get(input, ["inputSchema", "required"], [])
	is_string(parameter)
})

# METADATA
# title: A hint of the server
# scope: document
# description: Whether an annotation is there and true.
hints(annotation) if object.get(input, ["annotations", annotation], false) == true
